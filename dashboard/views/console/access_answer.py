"""The rule by which a subscription was refused, with a link to Connections, which explains it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import streamlit as st

from client.http_client import ApiRequestError
from client.recorded_frames import RecordedFrame
from dashboard import dependencies
from dashboard.frames.connection_summary import ConnectionSummary
from dashboard.frames.connection_tracker import FrameNotes
from dashboard.i18n.translate import _
from dashboard.messages.access_rules import RULE_TEXTS
from dashboard.sources.connections_client import ConnectionsClient
from dashboard.tab_session import AccessAnswer, tab
from dashboard.ui import formatting
from protocol.admin_api import ConnectionInfo
from protocol.errors import ErrorCode

ORDER_NUMBER_PREFIX = "order:ORD-"
UNKNOWN = AccessAnswer("")
"""The request failed.  It is not repeated: a tick would wait for it."""
MAX_DISTANCE_S = 2.0
"""Between the opening of a connection as the server and as the client dates it.

The handshake's response takes milliseconds, up to a second on a busy machine.  The user's other
connections, a simulated phone or the Inbox, are opened at other times.
"""


def refused_channel(frame: RecordedFrame, notes: FrameNotes) -> str:
    """Return the channel whose subscription this frame refuses; empty if it refuses none."""
    request = notes.request
    if frame.error_code != ErrorCode.FORBIDDEN or request is None or request.type != "subscribe":
        return ""
    channel = request.payload.get("channel")
    return channel if isinstance(channel, str) else ""


def draw(frame: RecordedFrame, notes: FrameNotes, owner: str) -> None:
    """Draw the rule, if the frame refuses a subscription; ``owner`` is the connection's persona."""
    channel = refused_channel(frame, notes)
    if not channel:
        return
    if channel.startswith(ORDER_NUMBER_PREFIX):
        st.caption(formatting.markdown_with_code(_number_text(channel)))
    answers, key = tab().console.access_answers, (owner, frame.seq)
    answer = answers.get(key) or find_answer(
        dependencies.connections_client(), notes.before, channel
    )
    if answer is None:
        return
    answers[key] = answer
    if answer == UNKNOWN:
        return
    rule = _(RULE_TEXTS[answer.rule]) if answer.rule in RULE_TEXTS else answer.rule
    st.caption(
        formatting.markdown_with_code(
            _("Rule `{name}`: {rule}").format(name=answer.rule, rule=rule)
        )
    )
    if answer.connection_id:
        st.page_link(
            "views/connections/page.py",
            label=_("Check this connection's access in Connections"),
            icon=":material/cable:",
            query_params={"connection": answer.connection_id, "ask": channel},
        )


def _number_text(channel: str) -> str:
    """Say that an order is named by its id, and by which if the workbench knows it."""
    number = channel.partition(":")[2]
    orders = dependencies.feed().snapshot().orders
    id = next((order.id for order in orders if order.number == number), "ord_…")
    words = _("`{number}` is the order's number. Its channel has the order's id: `order:{id}`.")
    return words.format(number=number, id=id)


def find_answer(
    client: ConnectionsClient, connection: ConnectionSummary, channel: str
) -> AccessAnswer | None:
    """Ask the server for the rule; None while the connection is not in its list."""
    if not connection.user:
        return AccessAnswer("not_signed_in")
    listed = _find_listed(client.latest().connections.connections, connection)
    if listed is None:
        return None
    try:
        return AccessAnswer(client.check_access(listed.id, channel).rule, listed.id)
    except ApiRequestError:
        return UNKNOWN


def _find_listed(
    connections: Iterable[ConnectionInfo[datetime]], connection: ConnectionSummary
) -> ConnectionInfo[datetime] | None:
    """Return the one of the user's connections that was opened when this one was, if it is open."""

    def distance(listed: ConnectionInfo[datetime]) -> float:
        return abs(listed.connected_at.timestamp() - connection.since)

    own = [
        each
        for each in connections
        if each.user_id == connection.user and distance(each) <= MAX_DISTANCE_S
    ]
    return min(own, key=distance, default=None)
