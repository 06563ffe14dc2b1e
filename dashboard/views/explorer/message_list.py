"""The message list, newest first, frozen while a message is inspected."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from common import pattern_suggestions, text_patterns
from common.text_patterns import InvalidPattern
from dashboard.dependencies import saved_messages
from dashboard.i18n.translate import _, ngettext
from dashboard.messages import matches
from dashboard.messages.message_ids import message_id
from dashboard.messages.search import MessageFilter, MessageSearch, SearchResult
from dashboard.state.channels import kind_of
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.tab_session import tab
from dashboard.ui import formatting, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.explorer import message_filters, selection
from dashboard.views.explorer.message_filters import SAVED


def draw(now: Snapshot) -> SearchResult:
    """Draw the pane; return what the filters found."""
    with theme.card("list", _("Messages"), None, size="pane") as set_header:
        wanted, view, beside = message_filters.draw(now)
        selection.follow_filters(wanted, view)
        log = LogView.from_messages(saved_messages().messages()) if view == SAVED else now.log
        kept = formatting.format_number(log.count)
        try:
            search = MessageSearch(wanted) if view == SAVED else selection.search_messages(wanted)
            until = time.perf_counter() + selection.SEARCH_BUDGET_S
            found = search.run(log, should_stop=lambda: time.perf_counter() > until)
            if linked := selection.select_from_url(now.log):
                selection.hold_from(linked, wanted, log)
        except InvalidPattern as why:
            set_header(_("{kept} stored").format(kept=kept))
            with beside:  # nothing moves while a filter is typed
                message_filters.draw_newest_button(SearchResult())
            _draw_invalid(wanted.text, _(str(why)))
            return SearchResult()
        with beside:
            message_filters.draw_newest_button(found)
        source = tab().explorer.download
        source.log, source.filter = log, wanted
        set_header(_header_text(found, wanted, kept))
        shown = tab().explorer.messages.rows(found.newest)
        selection.select_default(shown)
        # A place of its own, emptied at once: else it stays until the run has ended.
        nothing = st.empty()
        if shown:
            _draw_table(shown, search.pattern, (wanted, view))
        else:
            with nothing:
                _draw_empty(log, kept, view, wanted)
        return found


def as_sentence(text: str) -> str:
    """Capitalise a library's message and end it with a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _header_text(result: SearchResult, filter: MessageFilter, total: str) -> str:
    if result.unsearched:
        ahead = _("{total} so far; {ahead} of {kept} not searched yet")
        return ahead.format(
            total=formatting.format_number(result.total),
            ahead=formatting.format_number(result.unsearched),
            kept=total,
        )
    if filter == MessageFilter():
        return _("{kept} stored").format(kept=total)
    words = ngettext(
        "{total} match in {kept} stored", "{total} matches in {kept} stored", result.total
    )
    return words.format(total=formatting.format_number(result.total), kept=total)


def _draw_invalid(text: str, reason: str) -> None:
    """Draw why a filter is invalid, and a button with the nearest valid form."""
    title = _("Not a valid filter: {text}").format(text=formatting.escape_markdown(text))
    hint = as_sentence(formatting.escape_markdown(reason))
    theme.draw_empty_state("error", title, hint, partial(_draw_suggestion, text))


def _draw_suggestion(text: str) -> None:
    """Draw a button that uses the nearest valid form of a filter, if there is one."""
    suggestion = pattern_suggestions.suggest_pattern(text)
    if suggestion:
        st.button(
            _("Did you mean `{filter}`?").format(filter=suggestion),
            key="suggestion",
            on_click=selection.filter_by_text,
            args=(suggestion,),
        )


def _draw_ways_out(filter: MessageFilter) -> None:
    """Draw buttons that change filters which find nothing."""
    _draw_suggestion(filter.text)
    st.button(
        _("Clear filters"),
        key="clear-filters",
        icon=":material/filter_alt_off:",
        on_click=selection.clear_filters,
    )


def _draw_empty(log_view: LogView, total: str, view: str, filter: MessageFilter) -> None:
    if log_view.count:
        hint = _("None of the {kept} stored messages matches these filters.")
        theme.draw_empty_state(
            "filter_alt_off",
            _("No matching messages"),
            hint.format(kept=total),
            partial(_draw_ways_out, filter),
        )
    elif view == SAVED:
        hint = _("Select a message and press *Save*. All tabs see it, also after a restart.")
        theme.draw_empty_state("bookmark", _("No saved messages"), hint)
    else:
        hint = _("Published messages appear here. Start the simulator: `python -m simulator`.")
        theme.draw_empty_state("forum", _("No messages yet"), hint)


def _draw_table(
    shown: tuple[LoggedMessage, ...], pattern: text_patterns.Pattern | None, scope: object
) -> None:
    """Draw the rows; the content shows what the pattern found.  For ``scope`` see tables."""
    where = formatting.viewer_timezone()
    messages = tab().explorer.messages
    columns: dict[str, Column[LoggedMessage]] = {
        _("Time"): tables.text_column(
            84,
            lambda m: formatting.format_time(m.at, millis=True, timezone=where),
            _("When the server accepted it, in your time zone"),
        ),
        _("Channel"): tables.chips_column(
            148,
            lambda m: m.channel,
            {m.channel: kind_of(m.channel) for m in shown},
            _("The channel that it was published on; * is everyone"),
        ),
        _("Type"): tables.text_column(
            124, lambda m: m.type, _("The message's type in the protocol")
        ),
        _("Content"): tables.text_column(
            132,
            lambda m: matches.describe_match(m, pattern),
            _("A summary of the payload; what a filter found comes first"),
            grows=True,
        ),
    }
    tables.draw_table(
        shown,
        columns,
        selection.LIST_TABLE,
        row_id=message_id,
        selected=message_id(messages.selected) if messages.selected else "",
        on_select=selection.choose,
        frozen=messages,
        scope=scope,
        mark=matches.mark_matches(pattern),
        alt=_("Messages"),
    )
