"""How the connection is, in words."""

import pytest

from client.status import State, Status
from dashboard import link
from dashboard.link import Phase

ADDRESS = "127.0.0.1:8080"


def seen(state, *, was_live=False, refused="", **more):
    fields = {"signed_in": False, "attempt": 0, "retry_at": None, "close_code": None}
    fields |= {"close_reason": "", "since": 0.0, "round_trip_ms": None} | more
    return link.of(Status(state=state, **fields), ADDRESS, was_live=was_live, refused=refused)


def test_live_once_it_is_signed_in():
    assert seen(State.OPEN).phase is Phase.CONNECTING
    assert seen(State.OPEN, signed_in=True).phase is Phase.LIVE


def test_live_says_where_and_how_far():
    assert seen(State.OPEN, signed_in=True).words(0.0) == ADDRESS
    assert seen(State.OPEN, signed_in=True, round_trip_ms=2.4).words(0.0) == f"2 ms · {ADDRESS}"


def test_lost_counts_down_to_the_next_attempt():
    lost = seen(State.WAITING, was_live=True, retry_at=104.0)

    assert lost.title() == "Disconnected"
    assert lost.words(100.0) == "next attempt in 4 s"
    assert lost.words(103.5) == "reconnecting"
    assert lost.words(200.0) == "reconnecting"


def test_lost_stays_lost_while_it_tries_again():
    assert seen(State.CONNECTING, was_live=True).phase is Phase.DISCONNECTED
    assert seen(State.CONNECTING, attempt=1).phase is Phase.DISCONNECTED
    assert seen(State.CONNECTING).phase is Phase.CONNECTING


def test_never_found_names_the_address():
    assert seen(State.WAITING, retry_at=103.0).words(100.0) == (
        f"{ADDRESS} is not responding · next attempt in 3 s"
    )


def test_not_started_is_connecting():
    assert seen(State.CLOSED).phase is Phase.CONNECTING


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (seen(State.OPEN, refused="Invalid or expired token"), "Invalid or expired token"),
        (seen(State.CLOSED, close_code=4003, close_reason="Disconnected by an administrator"),
         "Disconnected by an administrator"),
        (seen(State.CLOSED, close_code=4042), "close code 4042"),
        (seen(State.CLOSED, close_reason="HTTP 403"), "HTTP 403"),
    ],
)  # fmt: skip
def test_refused_says_why(link, why):
    assert link.phase is Phase.REFUSED
    assert link.words(0.0) == f"by {ADDRESS}: {why}"
