"""The pane of messages, newest first: what narrows it, and what is chosen of it.

The filters live in the URL; what a tab has chosen lives in its session: ``picked`` (a
message), ``frozen`` (the lines shown while somebody inspects), ``search`` and ``version``.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import streamlit as st

from dashboard import choices, fields, look, marks, tables
from dashboard.channels import Branch, kind_of
from dashboard.filters import SHOWN, BadPattern, Filter, Found, Search
from dashboard.history import Log, Seen
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.words import N_, _, ngettext
from protocol.codec import PUBLISHABLE

ALL_TYPES = ""
KNOWN_TYPES = {*PUBLISHABLE, "chat_message"}  # so that an address may name one not yet seen
ECHO_S = 1.5  # in which a remounted table may report the selection of the one before
FILTER: dict[str, Any] = {"label_visibility": "collapsed", "bind": "query-params"}

Slot = AbstractContextManager[Any]
state = st.session_state


def begin() -> None:
    """Give a new tab its session."""
    start = {"picked": None, "frozen": None, "search": None, "version": 0, "jumped": 0.0}
    for name, value in start.items():
        state.setdefault(name, value)


def choose_channel(branch: Branch | None) -> None:
    """Narrow the list to a kind or a channel; the choice is a filter in the URL like the others."""
    state.channel = branch.chosen if branch else ""
    jump_to_newest()


def choose(message: Seen | None, shown: tuple[Seen, ...]) -> None:
    """Keep the message, not its row, and freeze the list under the eye."""
    if message and time.monotonic() - state.jumped > ECHO_S:
        state.picked, state.frozen = message, shown


def jump_to_newest() -> None:
    """Let the list run again; a new key forgets its selection."""
    state.frozen, state.version, state.jumped = None, state.version + 1, time.monotonic()


def filters(now: Snapshot) -> tuple[Filter, Slot]:
    """Draw what narrows the list; return it, and the place beside it for the buttons."""
    with st.container(horizontal=True, gap="xsmall"):
        channel = st.text_input(
            _("All channels"),
            key="channel",
            placeholder=_("All channels"),
            type="search",
            on_change=jump_to_newest,
            **FILTER,
        )
        types = {name: name for name in ("", *sorted({*KNOWN_TYPES, *now.types}))}
        types[ALL_TYPES] = N_("All types")
        type_ = choices.select(
            "type", _("Type"), types, jump_to_newest, label_visibility="collapsed"
        )
    with st.container(horizontal=True, gap="xsmall"):
        text = st.text_input(
            _("Text or /regex/"),
            key="text",
            placeholder=_("Text or /regex/"),
            type="search",
            live=True,
            on_change=jump_to_newest,
            **FILTER,
        )
        buttons = st.container(horizontal=True, gap="xsmall", width="content")
    return Filter(channel or "", type_, text or ""), buttons


def jsonl(log: Log, wanted: Filter) -> bytes:
    """Write all that the filter leaves of a log, oldest first, a message a line.

    Runs on a thread of Streamlit's once somebody clicks, without the tab's state.
    """
    return b"".join(message.text + b"\n" for message in Search(wanted).every(log))


def searched(now: Snapshot, wanted: Filter) -> Found:
    """Apply the filter; what it found before is kept with the tab.

    Raises:
        BadPattern: see ``Filter.pattern``.
    """
    search: Search | None = state.search
    if search is None or search.filter != wanted:
        state.search = search = Search(wanted)
    return search.found(now.log)


def buttons(found: Found, now: Snapshot, wanted: Filter) -> None:
    """Draw the way back to the newest message, with how many have come meanwhile; the download."""
    frozen: tuple[Seen, ...] | None = state.frozen
    fresh = sum(message.seq > frozen[0].seq for message in found.newest) if frozen else 0
    count = f"{SHOWN}+" if fresh >= SHOWN else str(fresh)
    st.button(
        _("{count} new").format(count=count) if frozen else _("Newest"),
        key="jump",
        icon=":material/vertical_align_top:",
        type="primary" if frozen else "secondary",
        disabled=not frozen,
        on_click=jump_to_newest,
        width=104,
    )
    st.download_button(
        "JSONL",
        partial(jsonl, now.log, wanted),
        "messages.jsonl",
        "application/jsonl",
        key="jsonl",
        icon=":material/download:",
        on_click="ignore",
        width=92,
    )


def draw(now: Snapshot) -> None:
    """Draw the list, newest first, frozen while somebody inspects."""
    kept = marks.number(now.log.kept)
    with look.card("list", _("Messages"), None, size="pane") as tell:
        wanted, beside = filters(now)
        try:
            found = searched(now, wanted)
        except BadPattern as why:
            tell(_("{kept} kept").format(kept=kept))
            bad = _("{text} is no regular expression").format(text=marks.plain(wanted.text))
            return look.empty("error", bad, marks.sentence(str(why)))
        with beside:
            buttons(found, now, wanted)
        total = marks.number(found.total)
        told = _("{kept} kept")
        if wanted != Filter():
            told = ngettext(
                "{total} match of {kept} kept", "{total} matches of {kept} kept", found.total
            )
        tell(told.format(total=total, kept=kept))
        shown: tuple[Seen, ...] = state.frozen or found.newest
        state.picked = state.picked or first_choice(shown)
        if shown:
            listed(shown)
        elif now.log.kept:
            hint = _("None of the {kept} messages kept has this channel, type and text.")
            look.empty("filter_alt_off", _("Nothing matches"), hint.format(kept=kept))
        else:
            hint = _("Whatever is published shows here. Start the shop: `python -m simulator`.")
            look.empty("forum", _("No messages yet"), hint)


def first_choice(shown: tuple[Seen, ...]) -> Seen | None:
    """Choose for somebody who has not yet: a cart shows a difference and a number over time."""
    return next((m for m in shown if m.type == "cart_update"), next(iter(shown), None))


def listed(shown: tuple[Seen, ...]) -> None:
    """Draw these lines."""
    where = marks.zone()
    picked: Seen | None = state.picked
    columns: dict[str, Column[Seen]] = {
        "": tables.text(22, lambda m: "▶" if picked and m.seq == picked.seq else ""),
        _("Time"): tables.text(86, lambda m: marks.clock(m.at, millis=True, where=where)),
        _("Channel"): tables.chips(
            132, lambda m: m.channel, {m.channel: kind_of(m.channel) for m in shown}
        ),
        _("Type"): tables.text(112, lambda m: m.type),
        _("Content"): tables.text(600, lambda m: fields.summary(fields.payload(m))),
    }
    tables.table(
        shown,
        columns,
        f"list{state.version}",
        picked=lambda message: choose(message, shown),
        alt=_("Messages"),
    )
