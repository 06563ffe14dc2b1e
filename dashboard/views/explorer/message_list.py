"""The message list, newest first, frozen while a message is inspected."""

from __future__ import annotations

import time

from common import text_patterns
from common.text_patterns import InvalidPattern
from dashboard.dependencies import saved_messages
from dashboard.i18n.translate import _, ngettext
from dashboard.messages import fields
from dashboard.messages.search import MessageFilter, MessageSearch, SearchResult
from dashboard.state.channels import kind_of
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.tab_session import tab
from dashboard.ui import formatting, tables, theme
from dashboard.ui.tables import Column
from dashboard.views.explorer import message_filters, selection
from dashboard.views.explorer.message_filters import SAVED

SEARCH_BUDGET_S = 0.15  # per tick, for messages that were not searched yet


def draw(now: Snapshot) -> None:
    """Draw the pane."""
    with theme.card("list", _("Messages"), None, size="pane") as set_header:
        wanted, view, beside = message_filters.draw(now)
        log = LogView.from_messages(saved_messages().messages()) if view == SAVED else now.log
        kept = formatting.format_number(log.count)
        try:
            search = MessageSearch(wanted) if view == SAVED else selection.search_messages(wanted)
        except InvalidPattern as why:
            set_header(_("{kept} stored").format(kept=kept))
            bad = _("Invalid search: {text}").format(text=formatting.escape_markdown(wanted.text))
            return theme.draw_empty_state(
                "error", bad, as_sentence(formatting.escape_markdown(str(why)))
            )
        until = time.perf_counter() + SEARCH_BUDGET_S
        found = search.run(log, should_stop=lambda: time.perf_counter() > until)
        with beside:
            message_filters.draw_newest_button(found)
        source = tab().explorer.download
        source.log, source.filter = log, wanted
        set_header(_header_text(found, wanted, kept))
        shown = tab().explorer.messages.rows(found.newest)
        selection.select_default(shown)
        if shown:
            _draw_table(shown, search.pattern, (wanted, view))
        else:
            _draw_empty(log, kept, view)


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
    matches = ngettext(
        "{total} match in {kept} stored", "{total} matches in {kept} stored", result.total
    )
    return matches.format(total=formatting.format_number(result.total), kept=total)


def _draw_empty(log_view: LogView, total: str, view: str) -> None:
    if log_view.count:
        hint = _("None of the {kept} stored messages matches this channel, type and text.")
        theme.draw_empty_state("filter_alt_off", _("No matching messages"), hint.format(kept=total))
    elif view == SAVED:
        hint = _("Select a message and press *Save*. All tabs see it, also after a restart.")
        theme.draw_empty_state("bookmark", _("No saved messages"), hint)
    else:
        hint = _("Published messages appear here. Start the simulator: `python -m simulator`.")
        theme.draw_empty_state("forum", _("No messages yet"), hint)


def _draw_table(
    shown: tuple[LoggedMessage, ...], pattern: text_patterns.Pattern | None, scope: object
) -> None:
    """Draw the rows; with a JSON path, show the selected values.  For ``scope`` see tables."""
    where = formatting.viewer_timezone()
    messages = tab().explorer.messages

    def content(message: LoggedMessage) -> str:
        if isinstance(pattern, text_patterns.JsonPathPattern):
            return fields.format_values(pattern.values(message.text))
        return fields.summarize_message(message)

    columns: dict[str, Column[LoggedMessage]] = {
        _("Time"): tables.text_column(
            86, lambda m: formatting.format_time(m.at, millis=True, timezone=where)
        ),
        _("Channel"): tables.chips_column(
            146, lambda m: m.channel, {m.channel: kind_of(m.channel) for m in shown}
        ),
        _("Type"): tables.text_column(112, lambda m: m.type),
        _("Content"): tables.text_column(240, content, grows=True),
    }
    tables.draw_table(
        shown,
        columns,
        "list",
        row_id=lambda m: str(m.seq),
        selected=str(messages.selected.seq) if messages.selected else "",
        frozen=messages,
        scope=scope,
        alt=_("Messages"),
    )
