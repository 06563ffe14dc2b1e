"""Connections that never finish asking are freed, others are left alone."""

import pytest

from server.doorstep import ASK_WITHIN_S, Doorstep


class Handler:
    def __init__(self):
        self.transport = self
        self.is_cut_off = False

    def abort(self):
        self.is_cut_off = True


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def test_who_asks_for_nothing_is_cut_off_and_who_has_asked_stays(clock):
    doorstep, silent, asking = Doorstep(clock), Handler(), Handler()
    doorstep.sweep([silent, asking])
    doorstep.asked(asking)

    clock.now += ASK_WITHIN_S - 0.1
    doorstep.sweep([silent, asking])
    assert not silent.is_cut_off
    clock.now += 0.1
    doorstep.sweep([silent, asking])

    assert (silent.is_cut_off, asking.is_cut_off) == (True, False)


def test_who_is_gone_is_forgotten(clock):
    doorstep, handler = Doorstep(clock), Handler()
    doorstep.sweep([handler])

    handler.transport = None
    clock.now += 2 * ASK_WITHIN_S

    doorstep.sweep([handler])
    assert not handler.is_cut_off
