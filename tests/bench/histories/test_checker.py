"""The checker of histories, on histories made by hand."""

import pytest

from bench.histories.checker import ViolationKind, check_history
from bench.histories.events import Event, EventKind, decode_history, encode_history

CLIENT, CHANNEL = "anna", "tenant:shop"
OF_PUBLISHERS = {EventKind.PUBLISH, EventKind.ACCEPTED, EventKind.REFUSED, EventKind.UNKNOWN}


def history(*steps):
    """Make a history of steps like "publish 1", "received 1", "gap"; one a second."""
    events = []
    for at, step in enumerate(steps):
        kind, _, text = step.partition(" ")
        client = "" if kind in OF_PUBLISHERS else CLIENT
        event = Event(at=at, kind=EventKind(kind), client=client, channel=CHANNEL, text=text)
        events.append(event)
    return events


def published(*texts, outcome="accepted"):
    return [step for text in texts for step in (f"publish {text}", f"{outcome} {text}")]


def violations(*steps):
    return [(one.kind, one.text) for one in check_history(history(*steps)).violations]


JOINED = ("subscribe", "subscribed")


@pytest.mark.parametrize(
    "steps",
    [
        (*JOINED, *published("1", "2"), "received 1", "received 2"),
        (*published("1"), *JOINED),
        (*published("1"), *JOINED, "received 1"),
        (*JOINED, *published("1"), "received 1", "connected", "subscribed", *published("2"),
         "received 2"),
        (*JOINED, "publish 1", "received 1", "accepted 1"),
    ],
    ids=["in order", "before joining", "while joining", "reconnected", "before the answer"],
)  # fmt: skip
def test_a_history_in_which_everything_is_delivered_once_is_good(steps):
    assert violations(*steps) == []


def test_a_message_that_is_missing_between_others_is_lost():
    steps = (*JOINED, *published("1", "2", "3"), "received 1", "received 3")

    assert violations(*steps) == [(ViolationKind.LOST, "2")]


def test_a_message_that_has_not_come_when_the_history_ends_is_lost():
    steps = (*JOINED, *published("1", "2"), "received 1")

    assert violations(*steps) == [(ViolationKind.LOST, "2")]


@pytest.mark.parametrize("between", ["connected", "postponed"])
def test_a_reconnect_without_a_gap_excuses_nothing(between):
    steps = (
        *JOINED,
        *published("1", "2"),
        between,
        "subscribed",
        *published("3"),
        "received 3",
    )

    assert violations(*steps) == [(ViolationKind.LOST, "1"), (ViolationKind.LOST, "2")]


def test_a_gap_covers_what_is_missing_between_the_messages_around_it():
    steps = (*JOINED, *published("1", "2", "3"), "received 1", "gap", "received 3")

    assert violations(*steps) == []


@pytest.mark.parametrize(
    "steps",
    [
        (*JOINED, *published("1", "2", "3"), "gap", "received 1", "received 3"),
        (*JOINED, *published("1", "2", "3"), "received 1", "received 3", "gap"),
        (*JOINED, "gap", *published("1"), "received 1", *published("2", "3"), "received 3"),
    ],
    ids=["too early", "too late", "before it was published"],
)
def test_a_gap_elsewhere_covers_nothing(steps):
    assert violations(*steps) == [(ViolationKind.LOST, "2")]


def test_a_gap_does_not_cover_what_is_published_after_it():
    steps = (*JOINED, *published("1"), "received 1", "gap", *published("2"))

    assert violations(*steps) == [(ViolationKind.LOST, "2")]


def test_a_gap_on_one_channel_covers_nothing_on_another():
    other = Event(at=5.5, kind=EventKind.GAP, client=CLIENT, channel="user:anna")
    events = [*history(*JOINED, *published("1", "2"), "received 2"), other]

    verdict = check_history(sorted(events, key=lambda event: event.at))

    assert [one.text for one in verdict.violations] == ["1"]


def test_a_message_that_comes_twice_is_doubled():
    steps = (*JOINED, *published("1"), "received 1", "connected", "subscribed", "received 1")

    assert violations(*steps) == [(ViolationKind.DOUBLED, "1")]


def test_a_message_that_comes_after_a_later_one_is_out_of_order():
    steps = (*JOINED, *published("1", "2"), "received 2", "received 1")

    assert violations(*steps) == [(ViolationKind.OUT_OF_ORDER, "1")]


def test_a_message_that_was_refused_or_never_published_must_not_come():
    steps = (*JOINED, *published("1", outcome="refused"), "received 1", "received 2")

    assert violations(*steps) == [(ViolationKind.REFUSED, "1"), (ViolationKind.UNPUBLISHED, "2")]


@pytest.mark.parametrize("received", [(), ("received 1", "received 2"), ("received 2",)])
def test_a_message_without_an_answer_may_come_late_or_not_at_all(received):
    steps = (*JOINED, "publish 1", "unknown 1", *published("2"), *received)
    rest = () if "received 2" in received else ("received 2",)

    assert violations(*steps, *rest) == []
    assert violations(*JOINED, "publish 1", *published("2"), "received 2", "received 1") == []


def test_a_message_without_an_answer_must_not_come_twice():
    steps = (*JOINED, "publish 1", "unknown 1", "received 1", "received 1")

    assert violations(*steps) == [(ViolationKind.DOUBLED, "1")]


def test_nothing_may_come_once_the_client_has_unsubscribed():
    left = (*JOINED, *published("1"), "unsubscribe", "received 1", "unsubscribed")
    steps = (*left, *published("2"), "received 2")

    assert violations(*steps) == [(ViolationKind.UNSUBSCRIBED, "2")]


@pytest.mark.parametrize("end", [("unsubscribe", "unsubscribed"), ("rejected",)])
def test_nothing_is_due_between_two_subscriptions(end):
    steps = (*JOINED, *published("1"), "received 1", *end, *published("2"), *JOINED)

    assert violations(*steps, *published("3"), "received 3") == []


def test_what_is_missing_before_the_end_of_a_subscription_is_lost():
    steps = (*JOINED, *published("1", "2"), "received 2", "unsubscribe", "unsubscribed")

    assert violations(*steps) == [(ViolationKind.LOST, "1")]


def test_a_history_is_the_same_after_it_was_written_and_read():
    events = history(*JOINED, *published("1"), "received 1")

    assert decode_history(encode_history(events)) == events
    assert check_history(events).counts[EventKind.RECEIVED] == 1
