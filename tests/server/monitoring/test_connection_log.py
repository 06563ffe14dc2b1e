"""The log of connections: how much is kept, for which tenant, and what a report contains."""

import pytest

from protocol.monitoring import ConnectionEvent, RefusedRequest
from server.monitoring.connection_log import (
    EVENT_TTL_S,
    MAX_EVENTS,
    MAX_EVENTS_PER_REPORT,
    MAX_REFUSALS,
    REFUSAL_TTL_S,
    ConnectionLog,
    EventReport,
)


def event(at, node="a"):
    return ConnectionEvent(float(at), "connected", f"c_{at}", "olena", node)


def times(report):
    return [each.at for each in report.events]


@pytest.fixture
def log():
    log = ConnectionLog()
    log.keep_unsent()
    return log


def test_a_report_has_the_events_since_the_last_one(log):
    log.record("shop", event(1))
    assert times(log.take_report("shop", is_full_log=False)) == [1]

    log.record("shop", event(2))
    log.record("shop", event(3))

    assert log.take_report("shop", is_full_log=False) == EventReport((event(2), event(3)))
    assert log.take_report("shop", is_full_log=False) == EventReport()


def test_the_full_log_has_what_was_reported_before_too(log):
    for at in (1, 2):
        log.record("shop", event(at))
        log.take_report("shop", is_full_log=False)

    assert log.take_report("shop", is_full_log=True) == EventReport(
        (event(1), event(2)), is_full_log=True
    )


def test_a_tenant_gets_no_event_of_another(log):
    log.record("shop", event(1))

    assert log.take_report("books", is_full_log=True).events == ()


def test_a_storm_is_cut_to_the_newest_events_and_the_rest_is_counted(log):
    storm = 20_000
    for at in range(storm):
        log.record("shop", event(at))

    sent = log.take_unsent()["shop"]
    report = log.take_report("shop", is_full_log=False)

    newest = list(range(storm - MAX_EVENTS_PER_REPORT, storm))
    assert times(report) == times(sent) == newest
    assert report.left_out == sent.left_out == storm - MAX_EVENTS_PER_REPORT
    assert len(log.take_report("shop", is_full_log=True).events) == MAX_EVENTS


def test_events_are_kept_for_ten_minutes(log):
    log.record("shop", event(0))
    log.record("shop", event(10))

    log.drop_expired(EVENT_TTL_S + 5)

    assert times(log.take_report("shop", is_full_log=True)) == [10]


def test_events_of_another_node_are_merged_by_time_and_not_sent_again(log):
    log.record("shop", event(3))
    log.add("shop", EventReport((event(1, "b"), event(4, "b")), left_out=7))

    assert list(log.take_unsent()) == ["shop"]
    report = log.take_report("shop", is_full_log=False)

    assert (times(report), report.left_out) == ([1, 3, 4], 7)
    assert log.take_unsent() == {}


def refusal(at, user="olena"):
    return RefusedRequest(float(at), user, "forbidden", "tenant:books")


def test_a_single_node_keeps_nothing_for_others():
    log = ConnectionLog()
    log.record("shop", event(1))
    log.record_refusal("shop", refusal(1))

    assert log.take_unsent() == {}


def test_refused_requests_are_reported_once_the_oldest_first(log):
    log.record_refusal("shop", refusal(2))
    log.add("shop", EventReport(refused=(refusal(1),), refused_left_out=4))

    report = log.take_report("shop", is_full_log=False)

    assert (report.refused, report.refused_left_out) == ((refusal(1), refusal(2)), 4)
    assert log.take_report("shop", is_full_log=True).refused == ()


def test_a_flood_of_refused_requests_is_counted(log):
    for _ in range(1000):
        log.record_refusal("shop", refusal(1))

    for report in (log.take_report("shop", is_full_log=False), log.take_unsent()["shop"]):
        assert len(report.refused) == MAX_REFUSALS
        assert report.refused_left_out == 1000 - MAX_REFUSALS


def test_refused_requests_that_nobody_watches_are_forgotten(log):
    log.record_refusal("shop", refusal(1))

    log.drop_expired(1 + REFUSAL_TTL_S + 0.1)

    assert log.take_report("shop", is_full_log=True).refused == ()


def test_refused_requests_wait_to_be_sent_to_the_other_nodes_as_long_as_events_do(log):
    log.record_refusal("shop", refusal(1))

    log.drop_expired(1 + REFUSAL_TTL_S + 0.1)
    assert log.take_unsent()["shop"].refused == (refusal(1),)

    log.record_refusal("shop", refusal(1))
    log.drop_expired(1 + EVENT_TTL_S + 0.1)
    assert log.take_unsent() == {}
