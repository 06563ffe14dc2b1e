"""Tables: dense, keyed, of fixed height and fixed columns, so that nothing moves but the text.

A column has a function that gets its value from a row, and a configuration to show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import pandas as pd
import streamlit as st

from dashboard.ui.theme import CHIP_ALPHA, KIND_HEX, TONE_HEX, display_name

T = TypeVar("T")
ICON_PREFIX = ":material/"
ROW_PX, HEADER_PX = 28, 34  # px: a row; the header with the borders
MAX_ROWS = 100  # more than a window shows at once


class Column(NamedTuple, Generic[T]):
    """How to get a cell's value from a row, and how to show it."""

    value: Callable[[T], Any]
    config: Any


def text_column(width: int, value: Callable[[T], str], tooltip: str | None = None) -> Column[T]:
    """Show text; ``tooltip`` is shown at the column's header."""
    return Column(value, st.column_config.TextColumn(width=width, help=tooltip))


def number_column(width: int, value: Callable[[T], float]) -> Column[T]:
    """Show a number, right-aligned, in the format of the viewer's browser."""
    return Column(value, st.column_config.NumberColumn(width=width, format="localized"))


def right_aligned_column(
    width: int, value: Callable[[T], str], tooltip: str | None = None
) -> Column[T]:
    """Show a formatted number, right-aligned."""
    shown = st.column_config.TextColumn(width=width, alignment="right", help=tooltip)
    return Column(value, shown)


def progress_column(
    width: int, value: Callable[[T], float], max_value: float, format: str = "%d"
) -> Column[T]:
    """Show a progress bar from 0 to ``max_value``."""
    return Column(
        value,
        st.column_config.ProgressColumn(
            width=width, format=format, min_value=0, max_value=max_value, color="primary"
        ),
    )


def sparkline_column(width: int, value: Callable[[T], Sequence[float]]) -> Column[T]:
    """Show a sparkline, in grey: the row's kind has a colour already."""
    return Column(value, st.column_config.AreaChartColumn(width=width, color="gray", y_min=0))


def chips_column(width: int, value: Callable[[T], str], tones: Mapping[str, str]) -> Column[T]:
    """Show a value as a chip in the colour that ``tones`` gives it; nothing for an empty value."""
    colors = [(KIND_HEX | TONE_HEX)[tone] + CHIP_ALPHA for tone in tones.values()]
    shown = st.column_config.MultiselectColumn(
        width=width, options=list(tones), color=colors, format_func=display_name
    )
    return Column(lambda row: [value(row)] if value(row) else [], shown)


def icon_cell(name: str) -> Callable[[object], str]:
    """Return a cell function that gives every row the same icon."""
    return lambda _: f"{ICON_PREFIX}{name}:"


def button_column(
    width: int,
    value: Callable[[T], str],
    key: str,
    rows: Sequence[T],
    on_click: Callable[[T], None],
) -> Column[T]:
    """Show a button in every row, with text or an icon; calls ``on_click`` with the row.

    Streamlit reports no second click on a selected cell, even if the cell belongs to another row
    by then: where rows move, only a button is reliable.
    """
    is_icon = bool(rows) and value(rows[0]).startswith(ICON_PREFIX)
    shown = st.column_config.ButtonColumn(
        width=width,
        type="tertiary",
        alignment="center" if is_icon else "left",
        key=key,
        on_click=lambda: on_click(rows[st.session_state[key].row]),
    )
    return Column(value, shown)


def highlight_low(names: list[str], limit: str) -> Callable[[pd.DataFrame], Any]:
    """Return a style: in these columns, values up to the row's limit are amber, zeros red."""

    def style(frame: pd.DataFrame) -> Any:
        low = frame[names].le(frame[limit], axis=0)
        amber, red = (f"background-color:{TONE_HEX[t]}{a}" for t, a in (("warn", 22), ("bad", 33)))
        tint = low.map(lambda is_low: amber if is_low else "").mask(frame[names] == 0, red)
        return frame.style.apply(lambda _: tint, axis=None, subset=[*names])

    return style


def draw_table(
    rows: Sequence[T],
    columns: Mapping[str, Column[T]],
    key: str,
    visible_rows: int | None = None,
    on_select: Callable[[T | None], None] | None = None,
    style: Callable[[pd.DataFrame], Any] = lambda frame: frame,
    alt: str | None = None,
) -> None:
    """Draw a table in the room of ``visible_rows`` rows, or in what its pane leaves.

    The table ends with its last row, the room below it stays empty: nothing moves when rows are
    added.  ``on_select`` is called with the selected row, or with None.
    """
    # app.css hides the toolbar that a selection would pin over the header of a "pick-" table.
    key = f"pick-{key}" if on_select else key
    row_height = ROW_PX + (6 if st.session_state.get("present") else 0)
    frame = pd.DataFrame(
        {name: [column.value(row) for row in rows] for name, column in columns.items()}
    )

    # Streamlit accepts a selection only after a pointer movement over the table was drawn.  A
    # person's pointer always moves first, and touch is exempt; a script's click is lost without it.
    def report_selection() -> None:
        cells = st.session_state[key].selection.cells
        if on_select:
            on_select(rows[cells[0][0]] if cells and cells[0][0] < len(rows) else None)

    def height_of(count: int) -> int:
        return HEADER_PX + row_height * count

    # app.css limits the table to the container's height: in a pane only the browser knows it.
    with st.container(
        height=height_of(visible_rows) if visible_rows else "stretch",
        border=False,
        key=f"rows-{key}",
    ):
        st.dataframe(
            style(frame),
            key=key,
            column_config={name: column.config for name, column in columns.items()},
            height=height_of(min(max(len(rows), 1), visible_rows or MAX_ROWS)),
            row_height=row_height,
            hide_index=True,
            on_select=report_selection if on_select else "ignore",
            selection_mode="single-cell",
            alt=alt,
        )
