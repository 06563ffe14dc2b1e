"""Why a client does or does not receive a channel."""

from datetime import UTC, datetime

import pytest

from dashboard.state.message_log import MessageBuffer
from dashboard.views.connections import access_explanation
from protocol.admin_api import ChannelAccess, ConnectionInfo
from server.auth.permissions import AccessRule

NOON = 1_700_000_000.0


def connection(id="c_1", user="user_1", channels=(), **more):
    at = datetime.fromtimestamp(NOON, UTC)
    fields = {"name": "Олена", "role": "customer", "node": "n", "messages_in": 0}
    fields |= {"waiting_bytes": 0, "connected_at": at, "last_heard_at": at} | more
    return ConnectionInfo(id=id, user_id=user, channels=tuple(channels), **fields)


def access(joined, allowed, rule="staff", channel="tenant:shop"):
    return ChannelAccess(channel, joined, allowed, rule, "The server's own words.")


def log_of(*moments, channel="tenant:shop", reached=3):
    recorder = MessageBuffer()
    for at in moments:
        recorder.append(at, channel, "new_order", reached, b"{}")
    return recorder.view()


def explanation(who, what, log=None, others=(), selected=None):
    log = log or log_of()
    found = access_explanation.collect_evidence(
        who, what.channel, [who, *others], log, selected, NOON
    )
    answer = access_explanation.explain_access(
        who, what, found, format_time=lambda at: f"{at - NOON:+.0f}"
    )
    return answer.title, answer.tone, " ".join(answer.sentences)


def test_a_message_queued_for_the_client_was_delivered_to_it():
    title, tone, why = explanation(connection(), access(True, True), log_of(NOON + 5))

    assert (title, tone) == ("Subscribed to this channel", "ok")
    assert "The user is staff of this shop." in why
    assert "The new_order of +5 was queued for all subscribers (3)" in why


def test_a_message_without_subscribers_names_its_channel():
    _, _, why = explanation(connection(), access(False, True), log_of(NOON + 5, reached=0))

    assert "Nobody was subscribed to tenant:shop when the new_order of +5 was published" in why


def test_a_message_may_have_been_sent_before_the_client_connected():
    _, _, why = explanation(connection(), access(True, True), log_of(NOON - 5))

    assert "The new_order of -5 was sent before this client connected at +0." in why
    assert "last: true" in why


def test_the_message_selected_in_the_explorer_is_explained():
    early, late = log_of(NOON - 5, NOON + 5).newest_first()

    _, _, why = explanation(
        connection(), access(True, True), log_of(NOON - 5, NOON + 5), selected=late
    )

    assert early.at > late.at
    assert "of -5 was sent before" in why


def test_a_message_selected_on_another_channel_is_not_explained():
    (other,) = log_of(NOON, channel="order:ord_1").newest_first()

    _, _, why = explanation(connection(), access(True, True), log_of(NOON + 5), selected=other)

    assert "of +5 was queued" in why


def test_a_channel_without_messages_is_reported():
    assert (
        "No publication on this channel in the workbench's history, which starts at +0"
        in explanation(connection(), access(True, True))[2]
    )


def test_a_slow_client_is_reported():
    _, _, why = explanation(connection(waiting_bytes=70_000), access(True, True))

    assert "Send queue: 70000 bytes" in why


def test_a_client_that_may_subscribe_has_to_subscribe():
    title, tone, why = explanation(connection(), access(False, True))

    assert (title, tone) == ("Allowed on this channel, but not subscribed", "warn")
    assert "must send subscribe" in why


def test_a_client_without_its_own_channel_has_unsubscribed():
    what = access(False, True, "own_user", "user:user_1")

    assert "this client has unsubscribed since" in explanation(connection(), what)[2]


def test_a_denial_names_its_rule():
    title, tone, why = explanation(connection(), access(False, False, "not_staff"))

    assert (title, tone) == ("Not allowed on this channel", "bad")
    assert "for the shop's staff; this user is not staff" in why
    assert "gets the error forbidden" in why


def test_another_connection_of_the_same_user_may_be_subscribed():
    sibling = connection("c_2", channels=["tenant:shop"])

    _, _, why = explanation(connection(), access(False, True), others=[sibling])

    assert "on another connection: c_2." in why


def test_a_client_with_an_expired_token_stays_subscribed_for_a_short_time():
    title, tone, why = explanation(connection(), access(True, False, "expired"))

    assert (title, tone) == ("Subscribed, but access is about to end", "warn")
    assert "25 s after the token expires" in why


def test_a_malformed_channel_gets_no_advice():
    why = explanation(connection(), access(False, False, "malformed", "ord 1"), log_of(NOON))[2]

    assert "Not a channel name" in why
    assert "published" not in why


@pytest.mark.parametrize("rule", AccessRule)
def test_every_rule_of_the_server_has_a_text(rule):
    assert rule in access_explanation.RULE_TEXTS


def test_an_unknown_rule_is_shown_by_its_name():
    assert (
        "The server's own words."
        in explanation(connection(), access(False, False, "by_moonlight"))[2]
    )
