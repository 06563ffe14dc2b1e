"""The message list, newest first, frozen while a message is inspected."""

from __future__ import annotations

import time

import streamlit as st

from dashboard import fields, look, marks, message_filters, patterns, picking, tables
from dashboard.channels import kind_of
from dashboard.filters import MessageFilter, MessageSearch, SearchResult
from dashboard.history import LoggedMessage, LogView
from dashboard.message_filters import SAVED
from dashboard.patterns import InvalidPattern
from dashboard.shared import saved_messages
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.words import _, ngettext

SEARCH_BUDGET_S = 0.15  # of a tick, for what was not looked through yet

state = st.session_state


def draw(now: Snapshot) -> None:
    """Draw the pane."""
    with look.card("list", _("Messages"), None, size="pane") as tell:
        wanted, view, beside = message_filters.draw(now)
        log = LogView.from_messages(saved_messages().messages()) if view == SAVED else now.log
        kept = marks.format_number(log.count)
        try:
            search = MessageSearch(wanted) if view == SAVED else picking.cached_search(wanted)
        except InvalidPattern as why:
            tell(_("{kept} stored").format(kept=kept))
            bad = _("Invalid search: {text}").format(text=marks.escape_markdown(wanted.text))
            return look.draw_empty_state(
                "error", bad, marks.as_sentence(marks.escape_markdown(str(why)))
            )
        until = time.perf_counter() + SEARCH_BUDGET_S
        found = search.run(log, should_stop=lambda: time.perf_counter() > until)
        with beside:
            message_filters.draw_newest_button(found)
        state.listed.log, state.listed.filter = log, wanted
        tell(_header_text(found, wanted, kept))
        shown: tuple[LoggedMessage, ...] = state.frozen or found.newest
        picking.select_default(shown)
        if shown:
            _draw_table(shown, search.pattern)
        else:
            _draw_empty(log, kept, view)


def _header_text(result: SearchResult, filter: MessageFilter, total: str) -> str:
    if result.unsearched:
        ahead = _("{total} so far; {ahead} of {kept} not searched yet")
        return ahead.format(
            total=marks.format_number(result.total),
            ahead=marks.format_number(result.unsearched),
            kept=total,
        )
    if filter == MessageFilter():
        return _("{kept} stored").format(kept=total)
    told = ngettext(
        "{total} match in {kept} stored", "{total} matches in {kept} stored", result.total
    )
    return told.format(total=marks.format_number(result.total), kept=total)


def _draw_empty(log_view: LogView, total: str, view: str) -> None:
    if log_view.count:
        hint = _("None of the {kept} stored messages matches this channel, type and text.")
        look.draw_empty_state("filter_alt_off", _("No matching messages"), hint.format(kept=total))
    elif view == SAVED:
        hint = _("Select a message and press *Save*. All tabs see it, also after a restart.")
        look.draw_empty_state("bookmark", _("No saved messages"), hint)
    else:
        hint = _("Published messages appear here. Start the simulator: `python -m simulator`.")
        look.draw_empty_state("forum", _("No messages yet"), hint)


def _draw_table(shown: tuple[LoggedMessage, ...], pattern: patterns.Pattern | None) -> None:
    """Draw the rows; with a JSON path, show the selected values."""
    where = marks.viewer_timezone()
    picked: LoggedMessage | None = state.picked

    def content(message: LoggedMessage) -> str:
        if isinstance(pattern, patterns.JsonPathPattern):
            return fields.format_values(pattern.values(message.text))
        return fields.summarize_message(message)

    columns: dict[str, Column[LoggedMessage]] = {
        "": tables.text_column(22, lambda m: "▶" if m == picked else ""),
        _("Time"): tables.text_column(
            86, lambda m: marks.format_time(m.at, millis=True, timezone=where)
        ),
        _("Channel"): tables.chips_column(
            132, lambda m: m.channel, {m.channel: kind_of(m.channel) for m in shown}
        ),
        _("Type"): tables.text_column(112, lambda m: m.type),
        _("Content"): tables.text_column(600, content),
    }
    tables.draw_table(
        shown,
        columns,
        f"list{state.version}",
        on_select=lambda message: picking.select_message(message, shown),
        alt=_("Messages"),
    )
