"""Repeating a message."""

import queue
import time

import pytest

from dashboard.views.console.repeater import MessageRepeater, limit_interval


@pytest.fixture
def repeater():
    repeater = MessageRepeater()
    yield repeater
    repeater.stop()


@pytest.fixture
def sent():
    return queue.Queue()


def wait_until(condition):
    while not condition():
        time.sleep(0.001)


def test_sends_at_once_and_again_with_the_number_of_each(repeater, sent):
    repeater.start(sent.put, 0, lambda: True)

    assert [sent.get(timeout=30) for _ in range(2)] == [1, 2]
    assert repeater.is_running


@pytest.mark.parametrize(("wanted", "used"), [(0.0, 0.1), (0.05, 0.1), (2.5, 2.5)])
def test_is_limited_to_ten_messages_per_second(wanted, used):
    assert limit_interval(wanted) == used


def test_stops(repeater, sent):
    repeater.start(sent.put, 60, lambda: True)
    sent.get(timeout=30)

    repeater.stop()

    assert not repeater.is_running
    assert repeater.count == 1


def test_ends_by_itself_when_it_may_not_continue(repeater, sent):
    repeater.start(sent.put, 0, lambda: False)

    wait_until(lambda: not repeater.is_running)

    assert sent.qsize() == repeater.count == 1


def test_a_second_start_replaces_the_first(repeater, sent):
    repeater.start(lambda _: sent.put("first"), 60, lambda: True)
    repeater.start(lambda _: sent.put("second"), 60, lambda: True)

    wait_until(lambda: sent.qsize() == 2)

    assert repeater.count == 1
