"""Tables of live rows: dense, of fixed height and fixed columns, so that nothing moves but text.

A column makes a cell from a row.  The rows are sent to the browser as JSON and drawn by
``assets/table.js`` and ``assets/table_cells.js``, which describe what they expect.  A row is known
by its id: whatever was sorted or added in between, a click acts on the row it was made in.

A click on a row: ``send`` in table.js numbers it and passes it to Streamlit's ``setTriggerValue``.
Streamlit calls ``finish_acts``, which calls the table's handler in ``table_acts``, unless the
number was handled before.  The handler finds the row in ``shown_rows``, as the browser showed it,
and calls ``on_select`` or the button's ``on_click``.  The page is then drawn with the number as
``confirmed``, and table.js stops sending the click again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import streamlit as st

from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import formatting, head_help, url_select
from dashboard.ui.frozen_list import FrozenList
from dashboard.ui.shown_rows import ShownRows
from dashboard.ui.steady_order import SteadyOrder
from dashboard.ui.theme import display_name
from dashboard.web.assets import import_module

T = TypeVar("T")
Cell = str | list[Any]  # as table_cells.js describes it, for each kind of column
Mark = Callable[[str], Iterable[tuple[int, int]]]
"""Return the parts of a text, as (start, end), that are highlighted in a cell."""
ROW_PX, HEADER_PX = 28, 34  # px: a row; the header with the borders
PRESENTED_ROW_PX = 34
MAX_ROWS = 200  # sent to the browser
SPARKLINE_STEPS = 40  # heights of a sparkline's point

_mount = st.components.v2.component("table", js=import_module("table.js"), isolate_styles=False)


class ColumnSort(NamedTuple, Generic[T]):
    """A sort order: its name in the URL, and what rows are compared by."""

    name: str
    key: Callable[[T], Any]
    largest_first: bool


class Sort(NamedTuple):
    """Where the sort order of a table is kept in the URL.

    The value is the name of a column's order, with a minus if reversed; by default ``default``.
    An empty one means the order of the rows as they are given.
    """

    page: str
    parameter: str = "sort"
    default: str = ""


class Column(NamedTuple, Generic[T]):
    """How a column's cells are made from rows, and how wide it is at least, in px.

    What a wider table has to spare goes to the columns that grow, else to all.  Without a
    ``tooltip``, the head has the help that ``head_help`` gives for its title.
    """

    kind: str
    width: int
    cell: Callable[[T], Cell]
    tooltip: str = ""
    grows: bool = False
    sort: ColumnSort[T] | None = None
    on_click: Callable[[T], None] | None = None


def text_column(
    width: int,
    value: Callable[[T], str],
    tooltip: str = "",
    *,
    tone: Callable[[T], str] | None = None,
    grows: bool = False,
) -> Column[T]:
    """Show text; ``tooltip`` explains the column, ``tone`` colours a cell."""
    return Column("text", width, _toned(value, tone), tooltip, grows)


def name_column(
    width: int,
    value: Callable[[T], str],
    tooltip: str = "",
    *,
    tone: Callable[[T], str] | None = None,
    grows: bool = False,
) -> Column[T]:
    """Show a name as ``text_column`` does; one that is too long is cut before its last letters.

    For names that begin alike and differ at the end, such as ids.
    """
    return Column("name", width, _toned(value, tone), tooltip, grows)


def right_aligned_column(
    width: int,
    value: Callable[[T], str],
    tooltip: str = "",
    *,
    tone: Callable[[T], str] | None = None,
) -> Column[T]:
    """Show a formatted number, right-aligned."""
    return Column("right", width, _toned(value, tone), tooltip)


def number_column(
    width: int,
    value: Callable[[T], float],
    tooltip: str = "",
    *,
    tone: Callable[[T], str] | None = None,
) -> Column[T]:
    """Show a whole number, right-aligned, in the format of the tab's language."""
    return right_aligned_column(
        width, lambda row: formatting.format_number(value(row)), tooltip, tone=tone
    )


def progress_column(
    width: int,
    value: Callable[[T], float],
    max_value: float,
    text: Callable[[T], str],
    tooltip: str = "",
    *,
    tone: Callable[[T], str] | None = None,
    is_text_visible: bool = True,
) -> Column[T]:
    """Show a bar from 0 to ``max_value``, and its text, which is read aloud in any case."""

    def cell(row: T) -> Cell:
        percent = round(100 * min(max(value(row) / max_value, 0.0), 1.0))
        return [tone(row) if tone else "", percent, text(row), int(is_text_visible)]

    return Column("progress", width, cell, tooltip)


def sparkline_column(
    width: int, value: Callable[[T], Sequence[float]], tooltip: str = ""
) -> Column[T]:
    """Show a sparkline from 0, in grey: the row's kind has a colour already."""

    def cell(row: T) -> Cell:
        points = value(row)
        if not points:
            return ""
        highest = max(points)
        text = _("now {now}, highest {highest}").format(
            now=formatting.format_rate(points[-1]), highest=formatting.format_rate(highest)
        )
        scale = SPARKLINE_STEPS / highest if highest > 0 else 0.0
        return [text, [round(point * scale) for point in points]]

    return Column("sparkline", width, cell, tooltip)


def chips_column(
    width: int, value: Callable[[T], str], tones: Mapping[str, str], tooltip: str = ""
) -> Column[T]:
    """Show a value as a chip in the tone that ``tones`` gives it; nothing for an empty value."""

    def cell(row: T) -> Cell:
        found = value(row)
        return [tones.get(found, "muted"), display_name(found)] if found else ""

    return Column("chip", width, cell, tooltip)


def icon_column(
    width: int, icon: Callable[[T], str], name: Callable[[T], str], tooltip: str = ""
) -> Column[T]:
    """Show a Material icon; ``name`` is read aloud.  Nothing for an empty icon."""
    return Column("icon", width, lambda row: [icon(row), name(row)] if icon(row) else "", tooltip)


def link_column(
    width: int,
    text: Callable[[T], str],
    url: Callable[[T], str],
    tooltip: str = "",
) -> Column[T]:
    """Show a link to a page of the workbench: ``/orders?order=ord_1``.  Plain text without URL."""
    return Column("link", width, lambda row: [url(row), text(row)], tooltip)


def button_column(
    width: int,
    name: Callable[[T], str],
    on_click: Callable[[T], None],
    *,
    icon: str = "",
    text: str = "",
    tooltip: str = "",
) -> Column[T]:
    """Show a button with an icon or a text in every row; calls ``on_click`` with the row.

    ``name`` is read aloud and shown as a tooltip; it says what the button does to which row.  A row
    with an empty name has no button.
    """

    def cell(row: T) -> Cell:
        return [name(row), icon, text] if name(row) else ""

    return Column("button", width, cell, tooltip, on_click=on_click)


def sortable(
    column: Column[T], name: str, key: Callable[[T], Any], *, largest_first: bool = False
) -> Column[T]:
    """Return the column with a head that sorts the table; ``name`` is the order's in the URL."""
    return column._replace(sort=ColumnSort(name, key, largest_first))


def low_stock_tone(value: float, limit: float) -> str:
    """Return the tone of a number that should stay above a limit."""
    if value <= 0:
        return "bad"
    return "warn" if value <= limit else ""


def find_words(search: str) -> Mark:
    """Return a mark for every word of a search, in upper or lower case."""
    words = "|".join(map(re.escape, search.split()))
    pattern = re.compile(words or r"(?!)", re.IGNORECASE)
    return lambda text: (match.span() for match in pattern.finditer(text))


def sort_rows(
    rows: Sequence[T], columns: Mapping[str, Column[T]], sort: Sort | None
) -> Sequence[T]:
    """Return the rows in the order that the URL asks for; equal ones stay in their order."""
    order = _current_order(columns, sort)
    if order is None:
        return rows
    by, is_descending = order
    return sorted(rows, key=by.key, reverse=is_descending)


def draw_table(
    rows: Sequence[T],
    columns: Mapping[str, Column[T]],
    key: str,
    *,
    row_id: Callable[[T], str],
    alt: str,
    selected: str = "",
    on_select: Callable[[T], None] | None = None,
    frozen: FrozenList[T] | None = None,
    visible_rows: int | None = None,
    sort: Sort | None = None,
    scope: object = "",
    mark: Mark | None = None,
    detail: str = "",
    row_px: int = ROW_PX,
    hold_order_s: float = 0.0,
    reveals_selected: bool = False,
) -> None:
    """Draw a table in the room of ``visible_rows`` rows, or in what its pane leaves.

    The table ends with its last row, the room below it stays empty: nothing moves when rows are
    added.  ``row_id`` returns a row's id, unique in the table; ``selected`` is the id of the row
    that is shown beside it and framed.  ``on_select`` is called with a row that was clicked or
    chosen by Enter.  A ``frozen`` list selects it, too, and keeps the rows that were shown.

    While a pointer or the keyboard's cursor is on the rows, or they are scrolled, no row moves in
    the browser, until it is left; cells still change.  Another ``scope`` (filters, a search) is
    another list, which is shown at once.

    ``detail`` is the key of the container that shows the selected row: on a narrow screen, where
    it is not beside the table, a selection scrolls to it.

    ``sort`` lets the heads of sortable columns sort the rows, all of them, before the first
    ``MAX_ROWS`` are drawn.  ``hold_order_s`` is how long they stay in an order, where their values
    change all the time.

    ``row_px`` is the height of a row, where its texts take more than one line.
    ``reveals_selected`` scrolls to a selected row that a link or another list has chosen.
    """
    if sort:  # into the URL again, after another page
        url_select.keep_value(sort.page, sort.parameter, _sort_value(sort), default=sort.default)
    in_order = sort_rows(rows, columns, sort)
    if hold_order_s:
        in_order = (
            tab()
            .steady_orders.setdefault(key, SteadyOrder())
            .arrange(
                in_order,
                [row_id(row) for row in in_order],
                scope=(scope, _sort_value(sort)),
                at=time.monotonic(),
                hold_s=hold_order_s,
            )
        )
    shown = list(in_order[:MAX_ROWS])
    ids = [row_id(row) for row in shown]
    shown_rows: ShownRows[T] = tab().shown_rows.setdefault(key, ShownRows())
    version = shown_rows.add(shown, ids)
    buttons = {at: c.on_click for at, c in enumerate(columns.values()) if c.on_click}
    row_px = max(row_px, PRESENTED_ROW_PX if st.session_state.get("present") else ROW_PX)

    def act(action: str, version: int, subject: str, column: int) -> None:
        if action == "sort" and sort:
            _toggle_sort(sort, subject, columns)
        elif action == "hold":
            shown_rows.hold(version)
        elif found := shown_rows.find(version, subject, row_id):
            row, rows_then = found
            if action == "click" and column in buttons:
                buttons[column](row)
            elif action == "select":
                if frozen:
                    frozen.select(row, rows_then)
                if on_select:
                    on_select(row)

    tab().drawn_tables.add(key)
    tab().table_acts[key] = act

    data = {
        "label": alt,
        "columns": _heads(columns, sort),
        "rows": [
            [id, *(_marked(column, row, mark) for column in columns.values())]
            for id, row in zip(ids, shown, strict=True)
        ],
        "selected": selected,
        "selectable": on_select is not None or frozen is not None,
        "isFrozen": frozen is not None and frozen.is_frozen,
        "version": version,
        "confirmed": tab().confirmed_acts.get(key, 0),
        "detail": detail,
        "reveals": reveals_selected,
        "scope": str((scope, frozen.releases if frozen else 0, _sort_value(sort), tab().resets)),
        "more": _("the first {count} of {total}").format(count=len(shown), total=len(rows))
        if len(rows) > len(shown)
        else "",
        "held": _("holding · {count} new"),
        "rowPx": row_px,
    }
    with st.container(
        height=HEADER_PX + row_px * visible_rows if visible_rows else "stretch",
        border=False,
        key=f"rows-{key}",
    ):
        # As bytes: Streamlit would encode a dict twice, and Ukrainian in three times the bytes.
        _mount(
            key=key,
            data=msgspec.json.encode(data),
            height="stretch",
            on_act_change=lambda: finish_acts(key),
        )


def finish_acts(key: str) -> None:
    """Do what was done in a table in the browser and was not done yet: see ``send`` in table.js.

    Streamlit calls a button's callback before a table's: a button about the selected row calls this
    first, as the row may have been clicked in the same message.
    """
    act, shown = tab().table_acts.get(key), st.session_state.get(key)
    if act is None:  # the page no longer draws the table
        return
    for number, *what in (shown and shown.act) or ():
        if number > tab().confirmed_acts.get(key, 0):
            tab().confirmed_acts[key] = number
            act(*what)


@contextmanager
def forget_undrawn() -> Iterator[None]:
    """Forget the tables that a run of the whole page has not drawn, if the run gets to its end.

    The browser no longer has them.
    """
    drawn = tab().drawn_tables = set()
    yield
    for by_key in (tab().shown_rows, tab().table_acts, tab().confirmed_acts):
        for key in by_key.keys() - drawn:
            del by_key[key]


def _toned(value: Callable[[T], str], tone: Callable[[T], str] | None) -> Callable[[T], Cell]:
    if tone is None:
        return value

    def cell(row: T) -> Cell:
        name = tone(row)
        return [name, value(row)] if name else value(row)

    return cell


def _marked(column: Column[T], row: T, mark: Mark | None) -> Cell:
    """Return a cell; a text with marks is split: plain, marked, plain and so on."""
    cell = column.cell(row)
    if mark is None or column.kind not in ("text", "name"):
        return cell
    tone, text = ("", cell) if isinstance(cell, str) else cell
    parts, end = [], 0
    for start, stop in mark(text):
        parts += [text[end:start], text[start:stop]]
        end = stop
    return [tone, *parts, text[end:]] if parts else cell


def _heads(columns: Mapping[str, Column[T]], sort: Sort | None) -> list[dict[str, Any]]:
    """Return the heads for table.js; what a head lacks is left out."""
    order = _current_order(columns, sort)
    heads = []
    for title, column in columns.items():
        head: dict[str, Any] = {"title": title, "kind": column.kind, "width": column.width}
        if tooltip := column.tooltip or head_help.help_for(title):
            head["tooltip"] = tooltip
        if column.grows:
            head["grows"] = 1
        if sort and column.sort:
            head["sort"] = column.sort.name
            head["order"] = "none"
            if order and order[0].name == column.sort.name:
                head["order"] = "descending" if order[1] else "ascending"
        heads.append(head)
    return heads


def _sort_value(sort: Sort | None) -> str:
    return url_select.kept_value(sort.page, sort.parameter) or sort.default if sort else ""


def _current_order(
    columns: Mapping[str, Column[T]], sort: Sort | None
) -> tuple[ColumnSort[T], bool] | None:
    """Return the current order, and whether it is descending; None for the rows' own."""
    value = _sort_value(sort)
    for column in columns.values():
        if column.sort and column.sort.name == value.removeprefix("-"):
            return column.sort, column.sort.largest_first != value.startswith("-")
    return None


def _toggle_sort(sort: Sort, name: str, columns: Mapping[str, Column[T]]) -> None:
    """Sort by a column, then in reverse, then as by default."""
    if all(column.sort is None or column.sort.name != name for column in columns.values()):
        return
    value = {name: f"-{name}", f"-{name}": ""}.get(_sort_value(sort), name)
    url_select.keep_value(sort.page, sort.parameter, value, default=sort.default)
