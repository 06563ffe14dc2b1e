"""The Explorer's selection: what a click, a key or a step does to the message list.

The list and the searches are in ``tab().explorer``.
"""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace

from dashboard.dependencies import feed
from dashboard.messages.search import MessageFilter, MessageSearch
from dashboard.state.channels import ChannelTreeRow
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.tab_session import tab

DEFAULT_TYPE = "cart_update"  # selected at first: it has a diff and a plot


def select_channel(branch: ChannelTreeRow) -> None:
    """Filter the list by a kind or a channel, or no longer if that is the filter already.

    The filter is in the URL like the others.
    """
    is_filter = st.session_state.get("channel") == branch.filter_value
    st.session_state.channel = "" if is_filter else branch.filter_value
    jump_to_newest()


def select_default(rows: tuple[LoggedMessage, ...]) -> None:
    """Select a message if none was selected before, without freezing the list."""
    messages = tab().explorer.messages
    if messages.selected is None:
        first = next(iter(rows), None)
        messages.selected = next((row for row in rows if row.type == DEFAULT_TYPE), first)


def jump_to_newest() -> None:
    """Release the list, so that it shows the newest messages."""
    tab().explorer.messages.release()


def move_selection(rows: int) -> None:
    """Select the message so many rows below, or above; for a callback."""
    tab().explorer.messages.move(rows)


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
    message = search.next_after(paused.log.seq, log)
    if message:
        tab().paused_snapshot = replace(paused, log=log.up_to(message.seq))
        jump_to_newest()
        tab().explorer.messages.selected = message
