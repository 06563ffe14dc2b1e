"""The pane of all channels by kind, with how busy each is.  A click narrows the message list."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import channels, look, marks, tables
from dashboard.channels import Branch, Sort
from dashboard.state import Snapshot
from dashboard.tables import Column

CHANNELS, FIND, SORT = "Channels", "Find a channel", "Sort"

TREE: dict[str, Column[Branch]] = {
    "Kind": tables.chips(64, lambda branch: branch.kind, look.KIND),
    "Channel": tables.text(88, lambda branch: branch.name),
    "/s": tables.figure(34, lambda branch: marks.rate(branch.rate)),
    "Total": tables.figure(44, lambda branch: marks.count(branch.total)),
    "Subs": tables.figure(36, lambda branch: subscribers(branch)),
    "2 min": tables.trend(42, lambda branch: branch.trend),
}


def subscribers(branch: Branch) -> str:
    """Write how many sockets hear it, or nothing where that is not known."""
    return "" if branch.subscribers is None else marks.count(branch.subscribers)


def draw(now: Snapshot, chosen: str, picked: Callable[[Branch | None], None]) -> None:
    """Draw the pane; ``picked`` is told the line that was clicked, or None."""
    with look.card("tree", CHANNELS, marks.number(len(now.channels)), size="pane"):
        with st.container(horizontal=True, gap="xsmall"):
            find = st.text_input(
                FIND,
                key="find",
                placeholder=FIND,
                type="search",
                live=True,
                label_visibility="collapsed",
                bind="query-params",
            )
            sort = st.selectbox(
                SORT,
                list(Sort),
                key="sort",
                width=96,
                label_visibility="collapsed",
                bind="query-params",
            )
        lines = channels.tree(
            now.channels, now.series, find or "", sort or Sort.TOTAL, chosen, now.at
        )
        tables.table(lines, TREE, "tree", picked=picked, alt=CHANNELS)
