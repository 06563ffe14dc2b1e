"""The Explorer's selection: what a click, a key or a step does to the message list.

The list itself is in ``ui.explorer_list``.  The session also keeps ``listed`` (for downloads) and
the searches, ``search`` and ``alike``.
"""

from __future__ import annotations

import streamlit as st
from msgspec.structs import replace

from dashboard.dependencies import feed
from dashboard.messages.search import MessageFilter, MessageSearch
from dashboard.state.channels import ChannelTreeRow
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.ui.explorer_list import message_list
from dashboard.web.download import DownloadSource

DEFAULT_TYPE = "cart_update"  # selected at first: it has a diff and a plot

state = st.session_state


def init_session() -> None:
    """Set the defaults of a new tab."""
    state.setdefault("search", None)
    if "listed" not in state:
        state.listed = DownloadSource()


def select_channel(branch: ChannelTreeRow | None) -> None:
    """Filter the list by a kind or a channel; the filter is in the URL like the others."""
    state.channel = branch.filter_value if branch else ""
    jump_to_newest()


def select_default(rows: tuple[LoggedMessage, ...]) -> None:
    """Select a message if none was selected before, without freezing the list."""
    messages = message_list()
    if messages.selected is None:
        first = next(iter(rows), None)
        messages.selected = next((row for row in rows if row.type == DEFAULT_TYPE), first)


def jump_to_newest() -> None:
    """Release the list, so that it shows the newest messages."""
    message_list().release()


def move_selection(rows: int) -> None:
    """Select the message so many rows below, or above; for a callback."""
    message_list().move(rows)


def cached_search(filter: MessageFilter, name: str = "search") -> MessageSearch:
    """Return the tab's search for a filter; its earlier results are reused.

    Raises:
        InvalidPattern: see ``MessageSearch``.
    """
    search: MessageSearch | None = state.get(name)
    if search is None or search.filter != filter:
        state[name] = search = MessageSearch(filter)
    return search


def similar_messages(message: LoggedMessage, log: LogView) -> list[LoggedMessage]:
    """Return the newest messages of the same channel and type, oldest first."""
    same = cached_search(MessageFilter(channel=message.channel, type=message.type), "alike")
    return list(reversed(same.run(log).newest))


def step_while_paused() -> None:
    """While paused, advance to the next message that matches the filter."""
    paused, search = state.held, state.search
    if paused is None or search is None:
        return
    log = feed().snapshot().log
    message = search.next_after(paused.log.seq, log)
    if message:
        state.held = replace(paused, log=log.up_to(message.seq))
        jump_to_newest()
        message_list().selected = message
