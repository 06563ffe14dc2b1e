"""The event log of connections: which events are listed, and what is said about them."""

import pytest

from dashboard.views.connections import event_listing
from dashboard.views.connections.event_listing import EventFilter
from protocol.close_codes import CloseCode
from protocol.monitoring import ConnectionEvent, ConnectionEventKind


def event(at=1.0, kind="closed", user="user_1", id="c_1", **more):
    return ConnectionEvent(at, kind, id, user, "node-1", **more)


def test_the_newest_event_is_first():
    assert [e.at for e in event_listing.filter_events([event(1.0), event(2.0)], "", "")] == [2, 1]


@pytest.mark.parametrize(
    ("kind", "user", "found"),
    [("evicted", "", ["c_2"]), ("", "USER_2", ["c_2", "c_3"]), ("", "c_3", ["c_3"])],
)
def test_events_are_filtered_by_kind_and_by_user_or_connection(kind, user, found):
    events = [
        event(3.0, "connected"),
        event(2.0, "evicted", "user_2", "c_2"),
        event(1.0, "closed", "user_2", "c_3"),
    ]

    listed = event_listing.filter_events(events, EventFilter(kind), user)

    assert sorted(each.connection_id for each in listed) == found


def test_events_are_found_by_the_name_of_their_user():
    events = [event(1.0), event(2.0, user="user_2")]

    (found,) = event_listing.filter_events(events, EventFilter.ALL, "олена", {"user_2": "Олена"})

    assert found.user_id == "user_2"


def test_the_details_of_a_named_user_end_with_the_id():
    shown = event(kind="evicted", code=4100)

    assert event_listing.event_details(shown, with_user=True) == "4100 · user_1"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (event(kind="connected"), ""),
        (event(kind="evicted", code=4100, bytes=1200), "4100 · 1200 queued"),
        (event(code=1006), "1006 · connection lost"),
        (event(kind="disconnected", code=1006), "1006 · no answer for 60 s"),
        (event(kind="disconnected", code=4003), "4003 · by an administrator"),
        (event(code=4999, reason="Unknown"), "4999"),
    ],
)
def test_the_details_are_code_reason_and_what_was_queued(shown, text):
    assert event_listing.event_details(shown) == text


def test_an_event_of_a_later_version_is_shown_by_its_name():
    later = event(kind="suspended")

    assert event_listing.event_name(later) == "suspended"


def test_every_kind_of_event_has_a_name_and_a_tone():
    assert set(event_listing.TONES) == set(ConnectionEventKind)
    assert set(event_listing.FILTER_LABELS) == {"", *ConnectionEventKind}


def test_every_close_code_of_a_server_that_ends_a_connection_is_explained():
    by_name = {CloseCode.NORMAL, CloseCode.SLOW_CONSUMER}  # the event's name says it

    assert set(event_listing.REASONS) == set(CloseCode) - by_name


def test_a_connection_is_gone_by_its_last_event():
    events = [event(1.0, "connected"), event(2.0, "evicted"), event(3.0, "connected", id="c_2")]

    assert event_listing.last_event(events, "c_1") == events[1]
    assert event_listing.has_ended(events[1])
    assert not event_listing.has_ended(events[2])
    assert event_listing.last_event(events, "c_3") is None
