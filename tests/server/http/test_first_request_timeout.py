"""Connections without a whole request are aborted after a while, others are not."""

import pytest

from server.http.first_request_timeout import FIRST_REQUEST_TIMEOUT_S, FirstRequestTimeout


class Handler:
    def __init__(self):
        self.transport = self
        self.is_aborted = False

    def abort(self):
        self.is_aborted = True


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_a_connection_without_a_request_is_aborted_and_one_with_a_request_is_not(clock):
    timeout, idle, active = FirstRequestTimeout(clock), Handler(), Handler()
    timeout.abort_expired([idle, active])
    timeout.request_received(active)

    clock.now += FIRST_REQUEST_TIMEOUT_S - 0.1
    timeout.abort_expired([idle, active])
    assert not idle.is_aborted
    clock.now += 0.1
    timeout.abort_expired([idle, active])

    assert (idle.is_aborted, active.is_aborted) == (True, False)


def test_a_connection_that_has_ended_is_left_alone(clock):
    timeout, handler = FirstRequestTimeout(clock), Handler()
    timeout.abort_expired([handler])

    handler.transport = None
    clock.now += 2 * FIRST_REQUEST_TIMEOUT_S

    timeout.abort_expired([handler])
    assert not handler.is_aborted
