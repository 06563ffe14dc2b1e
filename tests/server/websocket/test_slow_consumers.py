"""The rule for slow consumers, with the time passed in."""

import pytest

from server.websocket.send_queue import SendQueue
from server.websocket.slow_consumers import (
    HARD_LIMIT_FACTOR,
    SOFT_LIMIT_GRACE_S,
    exceeds_limit,
)

LIMIT = 100


class Transport:
    """A transport that has this many bytes in its buffer."""

    def __init__(self):
        self.buffered = 0

    def get_write_buffer_size(self):
        return self.buffered


@pytest.fixture
def transport():
    return Transport()


@pytest.fixture
def queue(transport):
    return SendQueue(transport, None, None)


def test_a_client_may_be_over_its_limit_for_the_grace_period_and_no_longer(queue, transport):
    transport.buffered = LIMIT + 1

    assert not exceeds_limit(queue, LIMIT, now=0.0)
    assert not exceeds_limit(queue, LIMIT, now=SOFT_LIMIT_GRACE_S)
    assert exceeds_limit(queue, LIMIT, now=SOFT_LIMIT_GRACE_S + 0.1)


def test_a_client_that_catches_up_gets_the_whole_grace_period_again(queue, transport):
    for now, buffered in ((0.0, LIMIT + 1), (0.9, LIMIT), (1.5, LIMIT + 1)):
        transport.buffered = buffered
        assert not exceeds_limit(queue, LIMIT, now=now)


def test_a_client_far_over_its_limit_gets_no_grace_period(queue, transport):
    transport.buffered = HARD_LIMIT_FACTOR * LIMIT + 1

    assert exceeds_limit(queue, LIMIT, now=0.0)


def test_unsent_frames_count_as_well_as_the_transports_buffer(queue, transport):
    transport.buffered = HARD_LIMIT_FACTOR * LIMIT
    queue.unsent_bytes = 1

    assert exceeds_limit(queue, LIMIT, now=0.0)
