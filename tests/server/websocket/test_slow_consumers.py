"""The rule for slow consumers, with the time passed in."""

import pytest

from server.websocket.send_queue import SendQueue
from server.websocket.slow_consumers import (
    HARD_LIMIT_FACTOR,
    SOFT_LIMIT_GRACE_S,
    exceeds_limit,
    fullest_over,
    is_stalled,
)

LIMIT = 100


class Transport:
    """A transport that has this many bytes in its buffer."""

    def __init__(self):
        self.buffered = 0

    def get_write_buffer_size(self):
        return self.buffered

    def write(self, data):
        self.buffered += len(data)

    def send(self, data):
        return len(data)


@pytest.fixture
def transport():
    return Transport()


@pytest.fixture
def queue(transport):
    return SendQueue(transport, transport, None)


def test_a_client_may_be_over_its_limit_for_the_grace_period_and_no_longer(queue, transport):
    transport.buffered = LIMIT + 1

    assert not exceeds_limit(queue, LIMIT, now=0.0)
    assert not exceeds_limit(queue, LIMIT, now=SOFT_LIMIT_GRACE_S)
    assert exceeds_limit(queue, LIMIT, now=SOFT_LIMIT_GRACE_S + 0.1)


def test_a_client_far_over_its_limit_gets_no_grace_period(queue, transport):
    transport.buffered = HARD_LIMIT_FACTOR * LIMIT + 1

    assert exceeds_limit(queue, LIMIT, now=0.0)


def test_unsent_frames_count_as_well_as_the_transports_buffer(queue, transport):
    transport.buffered = HARD_LIMIT_FACTOR * LIMIT
    queue.unsent_bytes = 1

    assert exceeds_limit(queue, LIMIT, now=0.0)


def test_a_client_that_takes_nothing_is_stalled_however_little_waits_for_it(queue):
    queue.buffer(b"x")

    assert not is_stalled(queue, 30.0, now=100.0)
    assert not is_stalled(queue, 30.0, now=129.9)
    assert is_stalled(queue, 30.0, now=130.0)


def test_more_data_for_a_client_that_takes_nothing_is_no_progress(queue):
    for now in range(0, 30, 10):
        queue.buffer(b"x" * 10)
        assert not is_stalled(queue, 30.0, now=now)

    assert is_stalled(queue, 30.0, now=30.0)


def test_a_client_that_takes_a_byte_now_and_then_is_not_stalled(queue, transport):
    queue.buffer(b"x" * 10)
    for now in range(0, 100, 25):
        assert not is_stalled(queue, 30.0, now=now)
        transport.buffered -= 1


def test_a_client_that_took_everything_has_the_whole_time_again_with_the_next_byte(
    queue, transport
):
    queue.buffer(b"x")
    assert not is_stalled(queue, 30.0, now=0.0)
    transport.buffered = 0
    assert not is_stalled(queue, 30.0, now=20.0)
    queue.buffer(b"x")

    assert not is_stalled(queue, 30.0, now=40.0)


def test_the_fullest_queues_go_until_the_others_are_within_the_limit():
    queues = []
    for size in (10, 40, 30):
        queues.append(SendQueue(Transport(), Transport(), None))
        queues[-1].buffer(b"x" * size)

    assert fullest_over(queues, 80) == []
    assert fullest_over(queues, 79) == [queues[1]]
    assert fullest_over(queues, 39) == [queues[1], queues[2]]
