"""Detail of a connection: its channels, and an access check for any channel."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

from client.http_client import ApiRequestError
from dashboard.dependencies import connections_client
from dashboard.i18n.translate import _
from dashboard.state.channels import kind_of
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import formatting, theme
from dashboard.views.connections import access_explanation
from dashboard.views.connections.listing import ConnectionInfo

MAX_CHIPS = 40  # channels as chips
CHANNEL_QUERY = "channel-query"  # the field's key: the channel to check


def draw(
    connection: ConnectionInfo | None, connections: Iterable[ConnectionInfo], now: Snapshot
) -> None:
    """Draw the selected connection."""
    if connection is None:
        with theme.card("connection-detail", _("Why didn't this client receive it?"), size="rest"):
            theme.draw_empty_state(
                "ads_click",
                _("No connection selected"),
                _("Select a connection to see its subscriptions and check its access."),
            )
        return
    connections = tuple(connections)
    with (
        theme.card(
            "connection-detail",
            connection.name or connection.user_id,
            html.escape(connection.id),
            size="rest",
        ),
        st.container(height="stretch", border=False, key="connection-detail-body", gap="xsmall"),
    ):
        _draw_summary(connection, now.at)
        _draw_access_check(connection, connections, now)


def _draw_summary(connection: ConnectionInfo, at: float) -> None:
    where = formatting.viewer_timezone()
    summary = _("{user} · connected at {since} · last active {ago} ago").format(
        user=connection.user_id,
        since=formatting.format_time(connection.connected_at.timestamp(), timezone=where),
        ago=formatting.format_duration(max(0.0, at - connection.last_heard_at.timestamp())),
    )
    st.html(f'<div class="row quiet">{html.escape(summary)}</div>')
    chips = "".join(
        formatting.chip_html(channel, kind_of(channel))
        for channel in connection.channels[:MAX_CHIPS]
    )
    if len(connection.channels) > MAX_CHIPS:
        more = _("and {count} more").format(count=len(connection.channels) - MAX_CHIPS)
        chips += f'<span class="quiet">{html.escape(more)}</span>'
    silent = _("No subscriptions.")
    st.html(f'<div class="row">{chips or html.escape(silent)}</div>')


def _set_channel_query(channel: str) -> None:
    st.session_state[CHANNEL_QUERY] = channel


def _draw_access_check(
    connection: ConnectionInfo, connections: tuple[ConnectionInfo, ...], now: Snapshot
) -> None:
    picked = tab().explorer.messages.selected
    question = _("Check access to a channel")
    st.html(f'<div class="row quiet"><b>{html.escape(question)}</b></div>')
    channel = st.text_input(
        _("Channel"),
        key=CHANNEL_QUERY,
        placeholder=_("Channel, such as order:ord_1"),
        type="search",
        label_visibility="collapsed",
    )
    if picked and picked.channel != "*" and picked.channel != channel:
        st.button(
            _("{channel}, selected in the Explorer").format(channel=picked.channel),
            key="ask-picked",
            type="tertiary",
            on_click=_set_channel_query,
            args=(picked.channel,),
        )
    if not channel:
        st.caption(_("Enter a channel to see which rule allows or denies access."))
        return
    try:
        access = connections_client().check_access(connection.id, channel)
    except ApiRequestError as why:
        gone = why.status == 404
        words = _("No longer connected.") if gone else _("Unavailable: {why}.")
        st.caption(words.format(why=why))
        return
    evidence = access_explanation.collect_evidence(
        connection, channel, connections, now.log, picked, now.at
    )
    answer = access_explanation.explain_access(
        connection, access, evidence, _, formatting.format_time
    )
    st.html(formatting.status_html(answer.title, "", answer.tone))
    for sentence in answer.sentences:
        st.markdown(formatting.escape_markdown(sentence))
