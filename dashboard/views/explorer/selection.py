"""The Explorer's selection: a message, and the list frozen around it.

It lives in the tab's session: ``picked`` (a message), ``frozen`` (the lines shown while
somebody inspects), ``shown`` (those drawn last), ``listed`` (for the downloads), ``search`` and
``version``.
"""

from __future__ import annotations

import time

import streamlit as st
from msgspec.structs import replace

from dashboard.dependencies import feed
from dashboard.messages.search import MessageFilter, MessageSearch
from dashboard.state.channels import ChannelTreeRow
from dashboard.state.message_log import LoggedMessage, LogView
from dashboard.web.download import DownloadSource

SELECTION_ECHO_S = 1.5  # in which a remounted table may report the selection of the one before

state = st.session_state


def init_session() -> None:
    """Give a new tab its session."""
    start = {"picked": None, "frozen": None, "shown": (), "search": None, "version": 0}
    for name, value in (start | {"jumped": 0.0}).items():
        state.setdefault(name, value)
    if "listed" not in state:
        state.listed = DownloadSource()


def select_channel(branch: ChannelTreeRow | None) -> None:
    """Narrow the list to a kind or a channel; the choice is a filter in the URL like the others."""
    state.channel = branch.filter_value if branch else ""
    jump_to_newest()


def select_message(message: LoggedMessage | None, shown: tuple[LoggedMessage, ...]) -> None:
    """Select the message, not its row, and freeze the list."""
    if message and time.monotonic() - state.jumped > SELECTION_ECHO_S:
        state.picked, state.frozen = message, shown


def select_default(shown: tuple[LoggedMessage, ...]) -> None:
    """Select a message by default: a cart update has a diff and a plot."""
    state.shown = shown
    if state.picked is None:
        first = next(iter(shown), None)
        state.picked = next((m for m in shown if m.type == "cart_update"), first)


def jump_to_newest() -> None:
    """Unfreeze the list; a new table key clears its selection."""
    state.frozen, state.version, state.jumped = None, state.version + 1, time.monotonic()


def move_selection(rows: int) -> None:
    """Choose the message so many lines below, or above, in the list as it was drawn last."""
    shown: tuple[LoggedMessage, ...] = state.shown
    at = next((i for i, m in enumerate(shown) if m == state.picked), None)
    if at is None:
        state.picked, state.frozen = next(iter(shown), state.picked), shown or None
    elif 0 <= at + rows < len(shown):
        state.picked, state.frozen = shown[at + rows], shown


def cached_search(filter: MessageFilter, name: str = "search") -> MessageSearch:
    """Return the tab's search for a filter; what it has found before is kept.

    Raises:
        BadPattern: see ``MessageSearch``.
    """
    kept: MessageSearch | None = state.get(name)
    if kept is None or kept.filter != filter:
        state[name] = kept = MessageSearch(filter)
    return kept


def similar_messages(message: LoggedMessage, log: LogView) -> list[LoggedMessage]:
    """Return the newest messages of the same channel and type, oldest first."""
    same = cached_search(MessageFilter(channel=message.channel, type=message.type), "alike")
    return list(reversed(same.run(log).newest))


def step_while_paused() -> None:
    """While paused, advance to the next message that matches the filter."""
    held, found = state.held, state.search
    if held is None or found is None:
        return
    log = feed().snapshot().log
    message = found.next_after(held.log.seq, log)
    if message:
        state.held = replace(held, log=log.up_to(message.seq))
        jump_to_newest()
        state.picked = message
