"""Explain a client's access to a channel, and whether it received a message.  Pure.

The server returns the subscription state and the deciding rule; this module combines them with
the connection time, the send queue and the publications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from common.text_markers import N_
from dashboard.messages.access_rules import RULE_TEXTS
from dashboard.state.message_log import LoggedMessage, LogView
from protocol.admin_api import ChannelAccess, ConnectionInfo

SUBSCRIBED, ALLOWED_NOT_SUBSCRIBED, NOT_ALLOWED, ACCESS_ENDING = (
    N_("Subscribed to this channel"),
    N_("Allowed on this channel, but not subscribed"),
    N_("Not allowed on this channel"),
    N_("Subscribed, but access is about to end"),
)
MUST_SUBSCRIBE = N_(
    "The client, such as the shop's page, must send subscribe, and again after every reconnect."
)
UNSUBSCRIBED_SINCE = N_("Signing in subscribes to it; this client has unsubscribed since.")
SUBSCRIBE_FORBIDDEN = N_("A subscribe request gets the error forbidden.")
TOKEN_GRACE_PERIOD = N_(
    "Delivery stops 25 s after the token expires, unless the client sends a new one."
)
NO_PUBLICATION = N_(
    "No publication on this channel in the workbench's history, which starts at {since}."
)
SENT_BEFORE_CONNECT = N_(
    "The {type} of {at} was sent before this client connected at {connected}. "
    "Subscribe with last: true to get the newest message of a channel immediately."
)
QUEUED_FOR_CLIENT = N_(
    "The {type} of {at} was queued for all subscribers ({reached}), including this client if "
    "it was subscribed by then. If the page does not show it, the problem is in the page."
)
QUEUED_FOR_OTHERS = N_(
    "The {type} of {at} was queued for the clients subscribed at that time ({reached})."
)
NO_SUBSCRIBER = N_(
    "Nobody was subscribed to {channel} when the {type} of {at} was published there. It may have "
    "reached others on another channel."
)
SEND_QUEUE_GROWS = N_(
    "Send queue: {bytes} bytes. The client reads more slowly than messages are published."
)
OTHER_CONNECTIONS = N_("The same user is subscribed on another connection: {ids}.")

Translate = Callable[[str], str]


class AccessExplanation(Struct, frozen=True):
    """The verdict with its tone, and the reasons as sentences."""

    title: str
    tone: str
    sentences: tuple[str, ...]


class Evidence(Struct, frozen=True):
    """What is known besides the server's answer; ``since`` is the start of the log.

    ``message`` is the message in question; ``other_connections`` are those of the same user that
    are subscribed to the channel.
    """

    message: LoggedMessage | None
    since: float
    other_connections: tuple[ConnectionInfo[datetime], ...] = ()


def collect_evidence(
    connection: ConnectionInfo[datetime],
    channel: str,
    connections: Iterable[ConnectionInfo[datetime]],
    log: LogView,
    selected: LoggedMessage | None,
    now: float,
) -> Evidence:
    """Collect the evidence, for the selected message if it is of this channel, or the newest."""
    message = selected if selected is not None and selected.channel == channel else None
    if message is None:
        message = next((logged for logged in log.newest_first() if logged.channel == channel), None)
    siblings = tuple(
        each
        for each in connections
        if each.user_id == connection.user_id
        and each.id != connection.id
        and channel in each.channels
    )
    return Evidence(message, log.oldest_at or now, siblings)


def explain_access(
    connection: ConnectionInfo[datetime],
    access: ChannelAccess,
    evidence: Evidence,
    translate: Translate = str,
    format_time: Callable[[float], str] = str,
) -> AccessExplanation:
    """Return the explanation; ``translate`` translates its texts."""
    rule = RULE_TEXTS.get(access.rule)
    sentences = (
        translate(rule) if rule else access.explanation,
        *_advice(connection, access, translate),
        *_message_sentences(connection, access, evidence, translate, format_time),
    )
    match access.joined, access.allowed:
        case True, True:
            return AccessExplanation(translate(SUBSCRIBED), "ok", sentences)
        case True, False:
            return AccessExplanation(translate(ACCESS_ENDING), "warn", sentences)
        case False, True:
            return AccessExplanation(translate(ALLOWED_NOT_SUBSCRIBED), "warn", sentences)
        case _:
            return AccessExplanation(translate(NOT_ALLOWED), "bad", sentences)


def _advice(
    connection: ConnectionInfo[datetime], access: ChannelAccess, translate: Translate
) -> Iterator[str]:
    if access.joined and not access.allowed:
        yield translate(TOKEN_GRACE_PERIOD)
    elif access.allowed and not access.joined:
        own = access.channel == f"user:{connection.user_id}"
        yield translate(UNSUBSCRIBED_SINCE if own else MUST_SUBSCRIBE)
    elif not access.allowed:
        yield translate(SUBSCRIBE_FORBIDDEN)


def _message_sentences(
    connection: ConnectionInfo[datetime],
    access: ChannelAccess,
    evidence: Evidence,
    translate: Translate,
    format_time: Callable[[float], str],
) -> Iterator[str]:
    """Return sentences about the message in question."""
    message = evidence.message
    connected = connection.connected_at.timestamp()
    if access.rule != "malformed" and (access.joined or access.allowed or message):
        if message is None:
            yield translate(NO_PUBLICATION).format(since=format_time(evidence.since))
        else:
            values = {
                "type": message.type,
                "at": format_time(message.at),
                "reached": message.reached,
                "channel": message.channel,
                "connected": format_time(connected),
            }
            if access.joined and message.at < connected:
                text = SENT_BEFORE_CONNECT
            elif message.reached == 0:
                text = NO_SUBSCRIBER
            else:
                text = QUEUED_FOR_CLIENT if access.joined else QUEUED_FOR_OTHERS
            yield translate(text).format(**values)
    if access.joined and connection.waiting_bytes:
        yield translate(SEND_QUEUE_GROWS).format(bytes=connection.waiting_bytes)
    if evidence.other_connections and not access.joined:
        yield translate(OTHER_CONNECTIONS).format(
            ids=", ".join(each.id for each in evidence.other_connections)
        )
