"""The log of connections, and what it says about clients that left together."""

import pytest

from dashboard.state.connection_events import (
    MAX_EVENTS,
    RETENTION_S,
    ConnectionDrop,
    ConnectionHistory,
    find_drops,
)
from protocol.monitoring import ConnectionEvent, StatsPayload


def event(at, kind="connected", user="user_1", node="a"):
    return ConnectionEvent(at, kind, f"c_{user}", user, node)


def report(*events, left_out=0):
    return StatsPayload((), events, left_out)


@pytest.fixture
def log():
    return ConnectionHistory()


def test_events_are_in_the_order_of_time_whichever_node_reported_them(log):
    log.add(report(event(1.0), event(3.0)), at=3.0)
    log.add(report(event(2.0, node="b"), event(4.0)), at=4.0)

    assert [(each.at, each.node) for each in log.events] == [
        (1.0, "a"), (2.0, "b"), (3.0, "a"), (4.0, "a"),
    ]  # fmt: skip


def test_events_of_one_moment_stay_in_the_order_in_which_they_happened(log):
    earlier, later = event(1.0, "connected"), event(1.0, "closed")

    log.add(report(earlier, later), at=1.0)
    log.add(report(earlier, later), at=2.0)

    assert log.events == (earlier, later)


def test_an_event_that_is_reported_again_is_in_the_log_once(log):
    log.add(report(event(1.0)), at=1.0)
    log.add(report(event(1.0), event(2.0)), at=2.0)

    assert log.events == (event(1.0), event(2.0))


def test_the_log_keeps_the_newest_events_of_ten_minutes(log):
    log.add(report(*(event(float(at)) for at in range(MAX_EVENTS + 5)), left_out=3), at=100.0)
    assert (len(log.events), log.events[0].at, log.left_out) == (MAX_EVENTS, 5.0, 3)

    log.add(report(), at=100.0 + RETENTION_S + 1)

    assert (log.events[0].at, log.left_out) == (101.0, 0)


def test_the_log_starts_at_a_reset_also_when_earlier_events_are_reported_again(log):
    log.add(report(event(1.0), event(3.0), left_out=2), at=3.0)
    log.start_at(2.0)
    log.add(report(event(1.0), event(4.0)), at=4.0)

    assert ([each.at for each in log.events], log.left_out) == ([3.0, 4.0], 0)


def test_clients_that_leave_together_and_come_back_are_a_drop():
    users = [f"user_{number}" for number in range(6)]
    left = [event(10.0 + 0.1 * number, "closed", user) for number, user in enumerate(users)]
    back = [event(11.0 + 0.1 * number, "connected", user) for number, user in enumerate(users[:4])]

    assert find_drops([event(1.0), *left, *back], connections=20) == [
        ConnectionDrop(10.0, left=6, back=4, duration_s=pytest.approx(1.3))
    ]


def test_clients_that_leave_one_after_another_or_are_few_of_many_are_none():
    slowly = [event(float(at), "closed", f"user_{at}") for at in range(10)]
    at_once = [event(50.0, "closed", f"user_{number}") for number in range(10)]

    assert find_drops(slowly, connections=10) == []
    assert find_drops(at_once, connections=1_000) == []
    assert len(find_drops(at_once, connections=10)) == 1
