"""One connection to its last channel, and why it does or does not hear one of them all."""

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
ASKED = "asked"  # in the session: the channel in question


def draw(chosen: Connection | None, everybody: Iterable[Connection], now: Snapshot) -> None:
    """Draw the chosen connection."""
    if chosen is None:
        with look.card("witness", _("Why did this client not get that?"), size="rest"):
            look.empty(
                "ads_click",
                _("No connection chosen"),
                _("Click one to see what it hears, and to ask why it does not hear a channel."),
            )
        return
    everybody = tuple(everybody)
    with (
        look.card("witness", chosen.name or chosen.user_id, html.escape(chosen.id), size="rest"),
        st.container(height="stretch", border=False, key="witness-body", gap="xsmall"),
    ):
        _about(chosen, now.at)
        _why(chosen, everybody, now)


def _about(chosen: Connection, at: float) -> None:
    where = marks.zone()
    told = _("{user} · connected at {since} · last heard {ago} ago").format(
        user=chosen.user_id,
        since=marks.clock(chosen.connected_at.timestamp(), where=where),
        ago=marks.span(max(0.0, at - chosen.last_heard_at.timestamp())),
    )
    st.html(f'<div class="row quiet">{html.escape(told)}</div>')
    chips = "".join(marks.chip(channel, kind_of(channel)) for channel in chosen.channels[:SHOWN])
    if len(chosen.channels) > SHOWN:
        more = _("and {count} more").format(count=len(chosen.channels) - SHOWN)
        chips += f'<span class="quiet">{html.escape(more)}</span>'
    silent = _("It hears no channel.")
    st.html(f'<div class="row">{chips or html.escape(silent)}</div>')


def _ask_about(channel: str) -> None:
    st.session_state[ASKED] = channel


def _why(chosen: Connection, everybody: tuple[Connection, ...], now: Snapshot) -> None:
    picked: Seen | None = st.session_state.get("picked")
    question = _("Why does it not hear …?")
    st.html(f'<div class="row quiet"><b>{html.escape(question)}</b></div>')
    channel = st.text_input(
        _("Channel"),
        key=ASKED,
        placeholder=_("A channel, such as order:ord_1"),
        type="search",
        label_visibility="collapsed",
    )
    if picked and picked.channel != "*" and picked.channel != channel:
        st.button(
            _("{channel}, chosen in the Explorer").format(channel=picked.channel),
            key="ask-picked",
            type="tertiary",
            on_click=_ask_about,
            args=(picked.channel,),
        )
    if not channel:
        st.caption(_("Write a channel: the server says by which of its rules it judges."))
        return
    try:
        access = roll_call().access(chosen.id, channel)
    except Unanswered as why:
        gone = why.status == 404
        words = _("It is not connected any more.") if gone else _("Not known: {why}.")
        st.caption(words.format(why=why))
        return
    evidence = hearing.evidence(chosen, channel, everybody, now.log, picked, now.at)
    answer = hearing.explain(chosen, access, evidence, _, marks.clock)
    st.html(marks.state(answer.title, "", answer.tone))
    for sentence in answer.sentences:
        st.markdown(marks.plain(sentence))
