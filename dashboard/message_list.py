"""The message list, newest first, frozen while a message is inspected."""

from __future__ import annotations

import time

import streamlit as st

from dashboard import fields, look, marks, message_filters, patterns, picking, tables
from dashboard.channels import kind_of
from dashboard.filters import Filter, Found, Search
from dashboard.history import Log, Seen
from dashboard.message_filters import SAVED
from dashboard.patterns import BadPattern
from dashboard.shared import shelf
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.words import _, ngettext

BUDGET_S = 0.15  # of a tick, for what was not looked through yet

state = st.session_state


def draw(now: Snapshot) -> None:
    """Draw the pane."""
    with look.card("list", _("Messages"), None, size="pane") as tell:
        wanted, view, beside = message_filters.draw(now)
        log = Log.of(shelf().messages()) if view == SAVED else now.log
        kept = marks.number(log.kept)
        try:
            search = Search(wanted) if view == SAVED else picking.search(wanted)
        except BadPattern as why:
            tell(_("{kept} stored").format(kept=kept))
            bad = _("Invalid search: {text}").format(text=marks.plain(wanted.text))
            return look.empty("error", bad, marks.sentence(marks.plain(str(why))))
        until = time.perf_counter() + BUDGET_S
        found = search.found(log, is_enough=lambda: time.perf_counter() > until)
        with beside:
            message_filters.newest(found)
        state.listed.log, state.listed.filter = log, wanted
        tell(_told(found, wanted, kept))
        shown: tuple[Seen, ...] = state.frozen or found.newest
        picking.choose_first(shown)
        if shown:
            _listed(shown, search.pattern)
        else:
            _nothing(log, kept, view)


def _told(found: Found, wanted: Filter, kept: str) -> str:
    if found.ahead:
        ahead = _("{total} so far; {ahead} of {kept} not searched yet")
        return ahead.format(
            total=marks.number(found.total), ahead=marks.number(found.ahead), kept=kept
        )
    if wanted == Filter():
        return _("{kept} stored").format(kept=kept)
    told = ngettext(
        "{total} match in {kept} stored", "{total} matches in {kept} stored", found.total
    )
    return told.format(total=marks.number(found.total), kept=kept)


def _nothing(log: Log, kept: str, view: str) -> None:
    if log.kept:
        hint = _("None of the {kept} stored messages matches this channel, type and text.")
        look.empty("filter_alt_off", _("No matching messages"), hint.format(kept=kept))
    elif view == SAVED:
        hint = _("Select a message and press *Save*. All tabs see it, also after a restart.")
        look.empty("bookmark", _("No saved messages"), hint)
    else:
        hint = _("Published messages appear here. Start the simulator: `python -m simulator`.")
        look.empty("forum", _("No messages yet"), hint)


def _listed(shown: tuple[Seen, ...], pattern: patterns.Pattern | None) -> None:
    """Draw the rows; with a JSON path, show the selected values."""
    where = marks.zone()
    picked: Seen | None = state.picked

    def content(message: Seen) -> str:
        if isinstance(pattern, patterns.Path):
            return fields.values(pattern.values(message.text))
        return fields.said(message)

    columns: dict[str, Column[Seen]] = {
        "": tables.text(22, lambda m: "▶" if m == picked else ""),
        _("Time"): tables.text(86, lambda m: marks.clock(m.at, millis=True, where=where)),
        _("Channel"): tables.chips(
            132, lambda m: m.channel, {m.channel: kind_of(m.channel) for m in shown}
        ),
        _("Type"): tables.text(112, lambda m: m.type),
        _("Content"): tables.text(600, content),
    }
    tables.table(
        shown,
        columns,
        f"list{state.version}",
        picked=lambda message: picking.choose(message, shown),
        alt=_("Messages"),
    )
