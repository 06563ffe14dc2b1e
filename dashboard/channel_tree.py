"""The channel tree: channels by kind with their rates; a click filters the message list."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import channels, choices, look, marks, tables
from dashboard.channels import Branch, Sort
from dashboard.state import Snapshot
from dashboard.tables import Column
from dashboard.words import N_, _

SORTS: dict[str, str] = {Sort.TOTAL: N_("Total"), Sort.LATEST: N_("Latest"), Sort.NAME: N_("Name")}


def subscribers(branch: Branch) -> str:
    """Format the number of subscribers; empty if unknown."""
    return "" if branch.subscribers is None else marks.count(branch.subscribers)


def draw(now: Snapshot, chosen: str, picked: Callable[[Branch | None], None]) -> None:
    """Draw the pane; calls ``picked`` with the selected row, or None."""
    title = _("Channels")
    columns: dict[str, Column[Branch]] = {
        _("Kind"): tables.chips(60, lambda branch: branch.kind, look.KIND),
        _("Channel"): tables.text(100, lambda branch: branch.name),
        _("/s"): tables.figure(34, lambda branch: marks.rate(branch.rate)),
        _("Total"): tables.figure(44, lambda branch: marks.count(branch.total)),
        _("Subs"): tables.figure(36, subscribers),
        _("2 min"): tables.trend(42, lambda branch: branch.trend),
    }
    with look.card("tree", title, marks.number(len(now.channels)), size="pane"):
        with st.container(horizontal=True, gap="xsmall"):
            find = st.text_input(
                _("Find a channel"),
                key="find",
                placeholder=_("Find a channel"),
                type="search",
                live=True,
                label_visibility="collapsed",
                bind="query-params",
            )
            sort = choices.select("sort", _("Sort"), SORTS, width=96, label_visibility="collapsed")
        lines = channels.tree(now.channels, now.series, find or "", Sort(sort), chosen, now.at)
        tables.table(lines, columns, "tree", picked=picked, alt=title)
