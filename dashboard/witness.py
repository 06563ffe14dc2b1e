"""Detail of a connection: its channels, and an access check for any channel."""

from __future__ import annotations

import html
from collections.abc import Iterable

import streamlit as st

from dashboard import hearing, look, marks
from dashboard.ask import Unanswered
from dashboard.attendance import Connection
from dashboard.channels import kind_of
from dashboard.history import Seen
from dashboard.shared import roll_call
from dashboard.state import Snapshot
from dashboard.words import _

SHOWN = 40  # channels as chips
ASKED = "channel-query"  # in the session: the channel to check


def draw(chosen: Connection | None, everybody: Iterable[Connection], now: Snapshot) -> None:
    """Draw the chosen connection."""
    if chosen is None:
        with look.card("connection-detail", _("Why didn't this client receive it?"), size="rest"):
            look.empty(
                "ads_click",
                _("No connection selected"),
                _("Select a connection to see its subscriptions and check its access."),
            )
        return
    everybody = tuple(everybody)
    with (
        look.card(
            "connection-detail", chosen.name or chosen.user_id, html.escape(chosen.id), size="rest"
        ),
        st.container(height="stretch", border=False, key="connection-detail-body", gap="xsmall"),
    ):
        _about(chosen, now.at)
        _why(chosen, everybody, now)


def _about(chosen: Connection, at: float) -> None:
    where = marks.zone()
    told = _("{user} · connected at {since} · last active {ago} ago").format(
        user=chosen.user_id,
        since=marks.clock(chosen.connected_at.timestamp(), where=where),
        ago=marks.span(max(0.0, at - chosen.last_heard_at.timestamp())),
    )
    st.html(f'<div class="row quiet">{html.escape(told)}</div>')
    chips = "".join(marks.chip(channel, kind_of(channel)) for channel in chosen.channels[:SHOWN])
    if len(chosen.channels) > SHOWN:
        more = _("and {count} more").format(count=len(chosen.channels) - SHOWN)
        chips += f'<span class="quiet">{html.escape(more)}</span>'
    silent = _("No subscriptions.")
    st.html(f'<div class="row">{chips or html.escape(silent)}</div>')


def _ask_about(channel: str) -> None:
    st.session_state[ASKED] = channel


def _why(chosen: Connection, everybody: tuple[Connection, ...], now: Snapshot) -> None:
    picked: Seen | None = st.session_state.get("picked")
    question = _("Check access to a channel")
    st.html(f'<div class="row quiet"><b>{html.escape(question)}</b></div>')
    channel = st.text_input(
        _("Channel"),
        key=ASKED,
        placeholder=_("Channel, such as order:ord_1"),
        type="search",
        label_visibility="collapsed",
    )
    if picked and picked.channel != "*" and picked.channel != channel:
        st.button(
            _("{channel}, selected in the Explorer").format(channel=picked.channel),
            key="ask-picked",
            type="tertiary",
            on_click=_ask_about,
            args=(picked.channel,),
        )
    if not channel:
        st.caption(_("Enter a channel to see which rule allows or denies access."))
        return
    try:
        access = roll_call().access(chosen.id, channel)
    except Unanswered as why:
        gone = why.status == 404
        words = _("No longer connected.") if gone else _("Unavailable: {why}.")
        st.caption(words.format(why=why))
        return
    evidence = hearing.evidence(chosen, channel, everybody, now.log, picked, now.at)
    answer = hearing.explain(chosen, access, evidence, _, marks.clock)
    st.html(marks.state(answer.title, "", answer.tone))
    for sentence in answer.sentences:
        st.markdown(marks.plain(sentence))
