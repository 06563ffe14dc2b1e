"""Detail of a connection: its send queue, channels and messages, and an access check."""

from __future__ import annotations

import html
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from client.http_client import ApiRequestError
from common.text_markers import N_
from dashboard.dependencies import connections_client
from dashboard.i18n.translate import _
from dashboard.messages import channel_names, message_ids
from dashboard.sources.connections_client import PollResult
from dashboard.state.channels import EVERYONE_ADDRESS, kind_of
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import LoggedMessage
from dashboard.tab_session import tab
from dashboard.ui import formatting, tables, theme, url_select
from dashboard.ui.tables import Column
from dashboard.views.connections import (
    access_explanation,
    disconnect_dialog,
    event_listing,
    listing,
)
from protocol.admin_api import ConnectionInfo
from protocol.channels import ChannelKind
from protocol.monitoring import ConnectionEvent

PAGE = "connections"
MAX_CHIPS = 40  # channels as chips
MAX_MESSAGES = 10
MAX_LIST_AGE_S = 2.0
OLD_ORDER = N_("Order {number} is old: the workbench keeps only the newest orders. Its id is {id}.")
UNKNOWN_ORDER = N_(
    "The workbench does not know order {number}: it keeps only the newest orders. Enter the "
    "order's id, such as ord_1. Each message about the order has it, as order_id."
)
CHANNEL_QUERY = "channel-query"  # the field's key: the channel to check


def selected_id() -> str:
    """Return the id of the selected connection, or an empty string."""
    return url_select.kept_value(PAGE, "connection")


def select(connection_id: str) -> None:
    """Select a connection, or none; for a callback."""
    url_select.keep_value(PAGE, "connection", connection_id)


def is_old(result: PollResult, at: float) -> bool:
    """Tell whether a list is that of an earlier visit of the page, or there is none yet."""
    return result.at is None or at - result.at > MAX_LIST_AGE_S


def select_linked(result: PollResult, at: float) -> None:
    """Select the only connection of the user that a link asks for; once, a person may close it.

    A list from an earlier visit of the page may have a connection that has ended since: the next
    one is waited for.
    If the link asks about a channel, the message selected in the Explorer before does not matter.
    """
    is_chosen = tab().url_values.remembered(PAGE, "connection") is not None
    if is_chosen or is_old(result, at):
        return
    user = url_select.kept_value(PAGE, "who")
    found = [c.id for c in result.connections.connections if c.user_id == user]
    if user and len(found) == 1 and not selected_id():
        select(found[0])
        asks = bool(url_select.kept_value(PAGE, "ask"))
        tab().connections.ignored_message = tab().explorer.messages.selected if asks else None


def draw(
    connection: ConnectionInfo[datetime],
    connections: tuple[ConnectionInfo[datetime], ...],
    now: Snapshot,
) -> None:
    """Draw the selected connection."""
    name = connection.name or connection.user_id
    with (
        theme.card("connection-detail", name, html.escape(connection.id), size="rest"),
        st.container(height="stretch", border=False, key="connection-detail-body", gap="xsmall"),
    ):
        with st.container(horizontal=True, gap="xsmall", key="connection-actions"):
            st.button(
                _("Disconnect"),
                key="disconnect-selected",
                icon=":material/link_off:",
                type="tertiary",
                on_click=disconnect_dialog.request_disconnect,
                args=(connection,),
            )
            _draw_hide_button()
        _draw_summary(connection, now)
        with st.container(gap="xsmall"):  # of varying length: what follows keeps its place
            _draw_access_check(connection, connections, now)
        _draw_messages(connection, now)


def draw_gone(
    connection_id: str, connections: Iterable[ConnectionInfo[datetime]], now: Snapshot
) -> None:
    """Draw a selected connection that is not listed, with what the event log says about it."""
    event = event_listing.last_event(now.connection_events, connection_id)
    title = event.user_id if event else connection_id
    with theme.card("connection-detail", title, html.escape(connection_id), size="rest"):
        with st.container(horizontal=True, gap="xsmall", key="connection-actions"):
            _draw_hide_button()
        if event is None or not event_listing.has_ended(event):
            theme.draw_empty_state(
                "link_off",
                _("Not connected"),
                _("No such connection is listed, and no event of the last 10 min says why."),
            )
            return
        st.html(formatting.status_html(_("No longer connected"), _gone_words(event), "bad"))
        for other in [each for each in connections if each.user_id == event.user_id][-1:]:
            st.button(
                _("Show {user}'s current connection").format(user=event.user_id),
                key="show-current",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=select,
                args=(other.id,),
            )


def _gone_words(event: ConnectionEvent) -> str:
    """Return "evicted at 02:01:20 · 4100 · 1.2 MiB queued"."""
    words = _("{event} at {at}").format(
        event=event_listing.event_name(event, _), at=formatting.format_time(event.at)
    )
    details = event_listing.event_details(event, _, formatting.format_size)
    return " · ".join(filter(None, (words, details)))


def _draw_hide_button() -> None:
    st.button(
        _("Hide"),
        key="hide-detail",
        icon=":material/close:",
        type="tertiary",
        on_click=select,
        args=("",),
    )


def _draw_summary(connection: ConnectionInfo[datetime], now: Snapshot) -> None:
    where = formatting.viewer_timezone()
    summary = _("{user} · connected at {since} · last active {ago} ago").format(
        user=connection.user_id,
        since=formatting.format_time(connection.connected_at.timestamp(), timezone=where),
        ago=formatting.format_duration(max(0.0, now.at - connection.last_heard_at.timestamp())),
    )
    st.html(f'<div class="row quiet">{html.escape(summary)}</div>')
    st.html(queue_html(connection.waiting_bytes, now.nodes.queue_limit_bytes))
    chips = "".join(
        formatting.chip_html(channel, kind_of(channel))
        for channel in connection.channels[:MAX_CHIPS]
    )
    if len(connection.channels) > MAX_CHIPS:
        more = _("and {count} more").format(count=len(connection.channels) - MAX_CHIPS)
        chips += f'<span class="quiet">{html.escape(more)}</span>'
    silent = _("No subscriptions.")
    st.html(f'<div class="row">{chips or html.escape(silent)}</div>')


def queue_html(queued: int, limit: int) -> str:
    """Return a send queue as a bar and in words, against its limit."""
    tone = listing.queue_tone(queued, limit)
    words = _("{size} queued, {percent} % of the limit of {limit}").format(
        size=formatting.format_size(queued),
        percent=formatting.format_number(100 * queued / limit),
        limit=formatting.format_size(limit),
    )
    bar = formatting.progress_bar_html(queued / limit, tone)
    return f'<div class="row {tone if tone != "ok" else "quiet"}">{html.escape(words)}</div>{bar}'


def _set_channel_query(channel: str) -> None:
    st.session_state[tab().widget_key(CHANNEL_QUERY)] = channel
    url_select.keep_value(PAGE, "ask", channel)


def _draw_access_check(
    connection: ConnectionInfo[datetime],
    connections: tuple[ConnectionInfo[datetime], ...],
    now: Snapshot,
) -> None:
    picked = tab().explorer.messages.selected
    if picked == tab().connections.ignored_message:
        picked = None
    question = _("Why didn't this client receive it?")
    st.html(f'<div class="row quiet"><b>{html.escape(question)}</b></div>')
    asked = st.text_input(
        _("Channel or order number"),
        url_select.kept_value(PAGE, "ask") or url_select.kept_value(PAGE, "channel"),
        key=tab().widget_key(CHANNEL_QUERY),
        placeholder=_("Channel or order: tenant:shop, ORD-1105"),
        type="search",
        label_visibility="collapsed",
    )
    url_select.keep_value(PAGE, "ask", asked or "")
    if picked and picked.channel != EVERYONE_ADDRESS and picked.channel != asked:
        st.button(
            _("{channel}, selected in the Explorer").format(channel=picked.channel),
            key="ask-picked",
            type="tertiary",
            on_click=_set_channel_query,
            args=(picked.channel,),
        )
    if not asked:
        st.caption(_("Enter a channel or an order to see which rule allows or denies access."))
        return
    channel = channel_names.find_channel(asked, channel_names.known_orders(now))
    if channel is None:
        id = channel_names.derive_order_id(asked)
        words = _(UNKNOWN_ORDER) if id is None else _(OLD_ORDER)
        st.caption(formatting.escape_markdown(words.format(number=asked, id=id)))
        if id is None:
            return
        channel = f"{ChannelKind.ORDER}:{id}"
    is_new = tab().connections.checked != (connection.id, channel)
    tab().connections.checked = (connection.id, channel)
    # At a later check the page still has the answer of the one before.
    spinner = st.spinner(_("Asking the server…")) if is_new else nullcontext()
    try:
        with spinner:
            access = connections_client().check_access(connection.id, channel)
    except ApiRequestError as why:
        gone = why.status == 404
        words = _("No longer connected.") if gone else _("Unavailable: {why}.")
        st.caption(words.format(why=_(str(why))))
        return
    evidence = access_explanation.collect_evidence(
        connection, channel, connections, now.log, picked, now.at
    )
    answer = access_explanation.explain_access(
        connection, access, evidence, _, formatting.format_time
    )
    st.html(formatting.status_html(answer.title, channel if channel != asked else "", answer.tone))
    for sentence in answer.sentences:
        st.markdown(formatting.escape_markdown(sentence))


def _draw_messages(connection: ConnectionInfo[datetime], now: Snapshot) -> None:
    """Draw the latest messages on the connection's channels."""
    title = _("Latest messages on its channels")
    st.html(f'<div class="row quiet"><b>{html.escape(title)}</b></div>')
    messages = listing.messages_for(connection, now.log, MAX_MESSAGES)
    if not messages:
        st.caption(_("None since it connected, as far as the workbench's history goes."))
        return
    columns: dict[str, Column[LoggedMessage]] = {
        _("Time"): tables.text_column(64, lambda m: formatting.format_time(m.at)),
        _("Message"): tables.link_column(112, lambda m: m.type, _message_url),
        _("Channel"): tables.text_column(112, lambda m: m.channel, grows=True),
    }
    tables.draw_table(
        messages,
        columns,
        "connection-messages",
        row_id=message_ids.message_id,
        visible_rows=len(messages),
        scope=connection.id,
        alt=title,
    )


def _message_url(message: LoggedMessage) -> str:
    """Return the address of a message in the Explorer."""
    query = {"channel": message.channel, "message": message_ids.message_id(message)}
    return f"/explorer?{urlencode(query)}"
