"""The share of time that writing may take, with the time passed in."""

import pytest

from server.websocket.write_budget import (
    BURST_S,
    MAX_PAUSE_S,
    MAX_SHARE,
    MAX_SLICE_S,
    MIN_SHARE,
    MIN_SLICE_S,
    PASS_PERIOD_S,
    TIMER_RESOLUTION_S,
    WriteBudget,
)


class Writing:
    """Passes of a constant length, each as soon as the budget and the publications allow."""

    def __init__(self, pass_s):
        self.budget, self.pass_s, self.now = WriteBudget(0.0), pass_s, 0.0
        self.pauses = []

    def write_pass(self, publications=1):
        self.budget.record_pass(1, publications)
        self.pauses.append(self.budget.pause(self.now))
        self.now += self.pauses[-1] + self.pass_s
        self.budget.record_writing(self.now, self.pass_s)

    def write_for(self, seconds, publications=1):
        """Write pass after pass; returns the share of the time that was spent writing."""
        began, passes = self.now, 0
        while self.now < began + seconds:
            self.write_pass(publications)
            passes += 1
        return passes * self.pass_s / (self.now - began)


def test_the_first_pass_begins_at_once():
    assert WriteBudget(100.0).pause(100.0) == 0


@pytest.mark.parametrize("pass_s", [0.0001, 0.001, PASS_PERIOD_S * MIN_SHARE])
def test_short_passes_take_the_smallest_share(pass_s):
    writing = Writing(pass_s)
    writing.write_for(2.0)

    assert writing.write_for(5.0) == pytest.approx(MIN_SHARE, abs=0.01)


@pytest.mark.parametrize("pass_s", [PASS_PERIOD_S * MAX_SHARE, 0.007])
def test_long_passes_take_the_largest_share(pass_s):
    writing = Writing(pass_s)
    writing.write_for(2.0)

    assert writing.write_for(5.0) == pytest.approx(MAX_SHARE, abs=0.01)


def test_passes_between_the_two_begin_a_period_apart():
    writing = Writing(PASS_PERIOD_S * (MIN_SHARE + MAX_SHARE) / 2)
    writing.write_for(2.0)

    writing.pauses.clear()
    began = writing.now
    writing.write_for(5.0)

    assert (writing.now - began) / len(writing.pauses) == pytest.approx(PASS_PERIOD_S, rel=0.02)


def test_short_passes_in_between_take_no_share_from_long_ones():
    writing = Writing(0.007)
    for _ in range(300):
        writing.pass_s = 0.007
        writing.write_pass()
        for _ in range(3):
            writing.pass_s = 0.0001
            writing.write_pass()
        writing.now += 0.0073 / (MAX_SHARE - 0.02) - 0.0073

    assert not any(writing.pauses)


def test_writing_within_its_share_never_waits():
    writing = Writing(0.007)
    for _ in range(1000):
        writing.write_pass()
        writing.now += 0.007 * (1 / MAX_SHARE - 1)

    assert not any(writing.pauses)


def test_a_burst_after_a_quiet_time_does_not_wait():
    writing = Writing(0.007)
    while len(writing.pauses) * writing.pass_s < BURST_S:
        writing.write_pass()

    assert not any(writing.pauses)


def test_a_quiet_time_allows_no_more_than_one_burst():
    writing = Writing(0.007)
    writing.now = 3600.0

    assert writing.write_for(1.0) <= MAX_SHARE + BURST_S + writing.pass_s


@pytest.mark.parametrize("pass_s", [0.03, 0.3, 3.0])
def test_no_pause_is_longer_than_the_maximum_however_long_the_passes(pass_s):
    writing = Writing(pass_s)
    writing.write_for(10.0, publications=5)

    assert max(writing.pauses) == pytest.approx(MAX_PAUSE_S)


def test_no_pause_is_shorter_than_a_timer_can_be():
    writing = Writing(0.0003)
    writing.write_for(1.0)

    assert min(pause for pause in writing.pauses if pause) >= TIMER_RESOLUTION_S


def test_slices_are_shorter_while_much_is_joined():
    budget = WriteBudget(0.0)
    budget.record_pass(1000, 1000)
    assert budget.slice_s == MAX_SLICE_S

    budget.record_pass(1000, 5000)
    assert budget.slice_s == pytest.approx(MIN_SLICE_S)


def test_a_clock_that_goes_back_adds_nothing():
    budget = WriteBudget(100.0)
    budget.record_writing(100.2, 0.2)

    assert budget.pause(50.0) == pytest.approx(MAX_PAUSE_S)
