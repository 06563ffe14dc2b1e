"""Why a client does or does not hear a channel."""

from datetime import UTC, datetime

import pytest

from dashboard.state.message_log import MessageBuffer
from dashboard.views.connections import access_explanation
from dashboard.views.connections.listing import ChannelAccess, ConnectionInfo
from server.auth.permissions import AccessRule

NOON = 1_700_000_000.0


def connection(id="c_1", user="user_1", channels=(), **more):
    at = datetime.fromtimestamp(NOON, UTC)
    fields = {"name": "Олена", "role": "customer", "node": "n", "messages_in": 0}
    fields |= {"waiting_bytes": 0, "connected_at": at, "last_heard_at": at} | more
    return ConnectionInfo(id=id, user_id=user, channels=tuple(channels), **fields)


def access(joined, allowed, rule="staff", channel="tenant:shop"):
    return ChannelAccess(channel, joined, allowed, rule, "The server's own words.")


def log_of(*moments, channel="tenant:shop"):
    recorder = MessageBuffer()
    for at in moments:
        recorder.append(at, channel, "new_order", 3, b"{}")
    return recorder.view()


def told(who, what, log=None, others=(), picked=None):
    log = log or log_of()
    found = access_explanation.collect_evidence(
        who, what.channel, [who, *others], log, picked, NOON
    )
    answer = access_explanation.explain_access(
        who, what, found, format_time=lambda at: f"{at - NOON:+.0f}"
    )
    return answer.title, answer.tone, " ".join(answer.sentences)


def test_a_message_that_was_queued_for_the_client_is_its_pages_affair():
    title, tone, why = told(connection(), access(True, True), log_of(NOON + 5))

    assert (title, tone) == ("Subscribed to this channel", "ok")
    assert "The user is staff of this shop." in why
    assert "The new_order of +5 was queued for all subscribers (3)" in why


def test_a_message_may_have_been_sent_before_the_client_connected():
    _, _, why = told(connection(), access(True, True), log_of(NOON - 5))

    assert "The new_order of -5 was sent before this client connected at +0." in why
    assert "last: true" in why


def test_the_message_that_was_picked_in_the_explorer_is_the_one_in_question():
    early, late = log_of(NOON - 5, NOON + 5).newest_first()

    _, _, why = told(connection(), access(True, True), log_of(NOON - 5, NOON + 5), picked=late)

    assert early.at > late.at
    assert "of -5 was sent before" in why


def test_a_message_picked_on_another_channel_is_not():
    (other,) = log_of(NOON, channel="order:ord_1").newest_first()

    _, _, why = told(connection(), access(True, True), log_of(NOON + 5), picked=other)

    assert "of +5 was queued" in why


def test_a_silent_channel_is_said_to_be_one():
    assert (
        "No publication on this channel in the workbench's history, which starts at +0"
        in told(connection(), access(True, True))[2]
    )


def test_a_slow_client_is_told():
    _, _, why = told(connection(waiting_bytes=70_000), access(True, True))

    assert "Send queue: 70000 bytes" in why


def test_a_client_that_may_join_has_to_ask():
    title, tone, why = told(connection(), access(False, True))

    assert (title, tone) == ("Allowed on this channel, but not subscribed", "warn")
    assert "must send subscribe" in why


def test_a_client_that_does_not_hear_its_own_channel_has_left_it():
    what = access(False, True, "own_user", "user:user_1")

    assert "this client has unsubscribed since" in told(connection(), what)[2]


def test_a_client_that_may_not_is_told_by_which_rule():
    title, tone, why = told(connection(), access(False, False, "not_staff"))

    assert (title, tone) == ("Not allowed on this channel", "bad")
    assert "for the shop's staff; this user is not staff" in why
    assert "gets the error forbidden" in why


def test_another_connection_of_the_same_user_may_hear_it():
    sibling = connection("c_2", channels=["tenant:shop"])

    _, _, why = told(connection(), access(False, True), others=[sibling])

    assert "on another connection: c_2." in why


def test_a_client_whose_token_has_ended_hears_it_for_a_moment_yet():
    title, tone, why = told(connection(), access(True, False, "expired"))

    assert (title, tone) == ("Subscribed, but access is about to end", "warn")
    assert "25 s after the token expires" in why


def test_a_name_that_is_none_is_not_asked_after():
    why = told(connection(), access(False, False, "malformed", "ord 1"), log_of(NOON))[2]

    assert "Not a channel name" in why
    assert "published" not in why


@pytest.mark.parametrize("rule", AccessRule)
def test_every_rule_of_the_servers_has_words(rule):
    assert rule in access_explanation.RULE_TEXTS


def test_a_rule_that_is_newer_than_this_page_is_told_in_the_servers_words():
    assert "The server's own words." in told(connection(), access(False, False, "by_moonlight"))[2]
