"""Connections that never finish asking are freed, others are left alone."""

import pytest

from server.http.first_request_timeout import FIRST_REQUEST_TIMEOUT_S, FirstRequestTimeout


class Handler:
    def __init__(self):
        self.transport = self
        self.is_disconnected = False

    def abort(self):
        self.is_disconnected = True


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_who_asks_for_nothing_is_cut_off_and_who_has_asked_stays(clock):
    doorstep, silent, asking = FirstRequestTimeout(clock), Handler(), Handler()
    doorstep.abort_expired([silent, asking])
    doorstep.request_received(asking)

    clock.now += FIRST_REQUEST_TIMEOUT_S - 0.1
    doorstep.abort_expired([silent, asking])
    assert not silent.is_disconnected
    clock.now += 0.1
    doorstep.abort_expired([silent, asking])

    assert (silent.is_disconnected, asking.is_disconnected) == (True, False)


def test_who_is_gone_is_forgotten(clock):
    doorstep, handler = FirstRequestTimeout(clock), Handler()
    doorstep.abort_expired([handler])

    handler.transport = None
    clock.now += 2 * FIRST_REQUEST_TIMEOUT_S

    doorstep.abort_expired([handler])
    assert not handler.is_disconnected
