"""The Explorer's selection: what a click, a key or a link does to the message list.

The list and the searches are in ``tab().explorer``; filters and the selected message are in the
URL.
"""

from __future__ import annotations

import time

from msgspec.structs import replace

from common.text_patterns import PatternTooSlow
from dashboard.dependencies import feed, saved_messages
from dashboard.messages import message_ids
from dashboard.messages.search import MAX_ROWS, MessageFilter, MessageSearch
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.tab_session import tab
from dashboard.ui import url_select

PAGE = "explorer"
CHANNEL, TYPE, TEXT, USER = "channel", "type", "text", "user"  # parameters of the URL: filters
VIEW, MESSAGE = "view", "message"  # also parameters
LIST_TABLE = "list"  # the key of the table of messages
SEARCH_BUDGET_S = 0.15  # per tick, for messages that were not searched yet
DEFAULT_TYPE = "cart_update"  # selected at first: it has a diff and a plot


def filter_by_channel(channel: str) -> None:
    """Filter the list by a kind or a channel; for callbacks."""
    url_select.set_search(PAGE, CHANNEL, channel)
    jump_to_newest()


def filter_by_text(text: str) -> None:
    """Set the text filter; for callbacks."""
    url_select.set_search(PAGE, TEXT, text)
    jump_to_newest()


def clear_filters() -> None:
    """List all messages of the view; for callbacks."""
    for parameter in (CHANNEL, TEXT):
        url_select.set_search(PAGE, parameter, "")
    url_select.set_selected(PAGE, TYPE)
    url_select.keep_value(PAGE, USER, "")
    jump_to_newest()


def show_channel(channel: str) -> None:
    """List the live messages of a channel, still of the selected type; for callbacks."""
    url_select.set_search(PAGE, TEXT, "")
    url_select.keep_value(PAGE, USER, "")
    url_select.set_selected(PAGE, VIEW)
    filter_by_channel(channel)


def show_user(user: str) -> None:
    """List all live messages of a user, by id; for callbacks."""
    clear_filters()
    url_select.set_selected(PAGE, VIEW)
    url_select.keep_value(PAGE, USER, user)


def clear_user() -> None:
    """List everybody's messages; for callbacks."""
    url_select.keep_value(PAGE, USER, "")
    jump_to_newest()


def choose(message: LoggedMessage) -> None:
    """Show a message that a person selected, and keep it in the URL; for callbacks."""
    explorer = tab().explorer
    explorer.messages.selected = message
    explorer.shown_id, explorer.is_gone, explorer.is_chosen = (
        message_ids.message_id(message),
        False,
        True,
    )
    url_select.keep_value(PAGE, MESSAGE, explorer.shown_id)


def close_detail() -> None:
    """Go back from the message to the list, where the message covers it; for callbacks."""
    tab().explorer.is_chosen = False


def follow_filters(filter: MessageFilter, view: str) -> None:
    """Release the list if it is of other filters; a link also ends the selection of before."""
    explorer = tab().explorer
    if url_select.take_link(PAGE):
        explorer.messages.selected, explorer.shown_id = None, ""
        explorer.is_gone = explorer.is_chosen = False
        jump_to_newest()
    listed = (filter.channel, filter.type, filter.text, filter.user, view)
    if explorer.listed and explorer.listed != listed:
        jump_to_newest()
    explorer.listed = listed


def select_from_url(log: LogView) -> LoggedMessage | None:
    """Select the message that the URL asks for, once; return it then, if it is stored."""
    explorer, wanted = tab().explorer, url_select.kept_value(PAGE, MESSAGE)
    if not wanted or wanted == explorer.shown_id:
        return None
    saved = LogView.from_messages(saved_messages().messages())
    found = message_ids.find_message(wanted, log) or message_ids.find_message(wanted, saved)
    explorer.messages.selected = found
    explorer.shown_id, explorer.is_gone = wanted, found is None
    return found


def hold_from(message: LoggedMessage, filter: MessageFilter, log: LogView) -> None:
    """Freeze the list with a message at its top, also if the filters leave it out.

    Earlier matches follow; the newest, if the message is older than the log.

    Raises:
        PatternTooSlow: see ``MessageSearch.run``.
    """
    is_logged = message_ids.find_message(message_ids.message_id(message), log) is not None
    earlier = log.up_to(message.seq - 1) if is_logged else log
    until = time.perf_counter() + SEARCH_BUDGET_S
    found = MessageSearch(filter).run(earlier, MAX_ROWS - 1, lambda: time.perf_counter() > until)
    tab().explorer.messages.select(message, (message, *found.newest))


def select_default(rows: tuple[LoggedMessage, ...]) -> None:
    """Select a message if none was selected before, without freezing the list."""
    messages = tab().explorer.messages
    if messages.selected is None and not tab().explorer.is_gone:
        first = next(iter(rows), None)
        messages.selected = next((row for row in rows if row.type == DEFAULT_TYPE), first)


def jump_to_newest() -> None:
    """Release the list, so that it shows the newest messages."""
    tab().explorer.messages.release()


def move_selection(rows: int) -> None:
    """Select the message so many rows below, or above; for a callback."""
    messages = tab().explorer.messages
    messages.move(rows)
    if messages.selected is not None:
        choose(messages.selected)


def search_messages(filter: MessageFilter) -> MessageSearch:
    """Return the search of the list; its results are kept while the filter is the same.

    Raises:
        InvalidPattern: see ``MessageSearch``.
    """
    explorer = tab().explorer
    if explorer.search is None or explorer.search.filter != filter:
        explorer.search = MessageSearch(filter)
    return explorer.search


def similar_messages(message: LoggedMessage, log: LogView) -> list[LoggedMessage]:
    """Return the newest messages of the same channel and type, oldest first."""
    explorer, filter = tab().explorer, MessageFilter(channel=message.channel, type=message.type)
    if explorer.similar is None or explorer.similar.filter != filter:
        explorer.similar = MessageSearch(filter)
    return list(reversed(explorer.similar.run(log).newest))


def step_while_paused() -> None:
    """While paused, advance to the next message that matches the filter."""
    paused, search = tab().paused_snapshot, tab().explorer.search
    if paused is None or search is None:
        return
    log = feed().snapshot().log
    try:
        message = search.next_after(paused.log.seq, log)
    except PatternTooSlow:  # as the list says
        return
    if message:
        tab().paused_snapshot = replace(paused, log=log.up_to(message.seq))
        jump_to_newest()
        choose(message)
