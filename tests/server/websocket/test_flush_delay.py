"""When to flush."""

import pytest

from server.websocket.flush_delay import MAX_BACKOFF_FLUSHES, MAX_DELAY_S, FlushDelay

TOOK_S = 0.008


class Clock:
    """A pace that is told of one flush after another, each of which takes as long."""

    def __init__(self, took_s=TOOK_S):
        self.pace, self.took_s = FlushDelay(), took_s
        self.now, self.queued = 100.0, 0
        self.flush()

    def flush(self):
        began, self.now = self.now, self.now + self.took_s
        self.pace.record_flush(began, self.now)

    def frame(self, after_s=0.0):
        """A frame comes; for how long it waits."""
        self.now += after_s
        self.queued += 1
        return self.pace.initial(self.queued, self.now)

    def wait_in_vain(self):
        """Let a frame come right after each flush, alone; how many of these wait."""
        waited = self.frame()
        if waited:
            self.now += waited
            assert self.pace.extend(self.queued, self.now) == 0
        self.flush()
        return waited > 0


@pytest.fixture
def clock():
    return Clock()


def test_the_first_frame_is_written_at_once():
    assert FlushDelay().initial(1, 100.0) == 0


def test_a_frame_long_after_a_flush_is_written_at_once(clock):
    assert clock.frame(after_s=TOOK_S) == 0


def test_a_frame_right_after_a_flush_is_delayed_as_long_as_more_keep_coming(clock):
    wait_s, began = clock.frame(), clock.now
    while wait_s:
        clock.now += wait_s
        clock.queued += 1
        wait_s = clock.pace.extend(clock.queued, clock.now)

    assert clock.now - began == pytest.approx(TOOK_S, rel=0.2)


def test_a_frame_that_no_other_follows_is_delayed_only_briefly(clock):
    clock.now += clock.frame()

    assert clock.pace.extend(clock.queued, clock.now) == 0


def test_a_delay_is_never_longer_than_the_maximum():
    clock = Clock(took_s=1.0)
    clock.frame()
    clock.queued += 1

    assert clock.pace.extend(clock.queued, clock.now + MAX_DELAY_S) == 0


def test_delays_that_gain_nothing_become_rare(clock):
    waits = [clock.wait_in_vain() for _ in range(100)]

    assert waits[:5] == [True, False, True, False, False]
    assert 100 // (MAX_BACKOFF_FLUSHES + 1) <= sum(waits) <= 100 // (MAX_BACKOFF_FLUSHES + 1) + 4


def test_a_delay_that_gains_frames_resets_the_backoff(clock):
    for _ in range(50):
        clock.wait_in_vain()
    while not (wait_s := clock.frame()):
        clock.flush()
    clock.queued += 1
    assert clock.pace.extend(clock.queued, clock.now + wait_s)
    clock.flush()

    assert clock.frame()
