"""Read the tables of a page that an AppTest has drawn, and act in them as a browser does."""

from __future__ import annotations

import itertools
import json
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

_numbers = itertools.count(1)  # of what was done in the tables, as table.js counts


class DrawnTable:
    """A table as it was sent to the browser."""

    def __init__(self, page: AppTest, element: Any) -> None:
        self._page, self._id = page, element.proto.id
        self.data = json.loads(element.proto.bytes)

    @property
    def columns(self) -> list[str]:
        """The titles of the columns."""
        return [head["title"] for head in self.data["columns"]]

    @property
    def ids(self) -> list[str]:
        """The ids of the rows."""
        return [row[0] for row in self.data["rows"]]

    def __getitem__(self, title: str) -> list[str]:
        """Return the texts of a column."""
        at = self.columns.index(title)
        kind = self.data["columns"][at]["kind"]
        return [_text(kind, row[1 + at]) for row in self.data["rows"]]

    def select(self, id: str) -> AppTest:
        """Click on a row."""
        return self._act("select", id)

    def click(self, id: str, title: str) -> AppTest:
        """Click on the button of a row, in the column with this title."""
        return self._act("click", id, self.columns.index(title))

    def sort(self, title: str) -> AppTest:
        """Click on the head of a column."""
        return self._act("sort", self.data["columns"][self.columns.index(title)]["sort"])

    def act(self, action: str, subject: str, column: int = 0) -> list[Any]:
        """Return what table.js sends for an act."""
        return [next(_numbers), action, self.data["version"], subject, column]

    def _act(self, action: str, subject: str, column: int = 0) -> AppTest:
        return self.send(self.act(action, subject, column))

    def send(self, *acts: list[Any]) -> AppTest:
        """Send acts in one message, with all else that was done on the page."""
        value = list(acts)
        states = self._page._tree.get_widget_states()
        states.widgets.add(
            id=_make_trigger_id(self._id, "events"),
            json_trigger_value=json.dumps([{"event": "act", "value": value}]),
        )
        return self._page._run(states)

    def __len__(self) -> int:
        return len(self.data["rows"])


def _text(kind: str, cell: Any) -> str:
    match kind, cell:
        case _, str():
            return cell
        case "progress", [_, _, text, _]:
            return text
        case (("sparkline" | "button"), [text, *_]) | ("icon", [_, text]):
            return text
        case _, [_, *parts]:
            return "".join(parts)
    raise AssertionError(f"{kind}: {cell}")


def drawn_tables(page: AppTest) -> list[DrawnTable]:
    """Return the tables of a page in their order."""
    elements = page.get("bidi_component")
    return [DrawnTable(page, each) for each in elements if each.proto.component_name == "table"]


def table_with(page: AppTest, *columns: str) -> DrawnTable:
    """Return the first table that has these columns."""
    return next(each for each in drawn_tables(page) if set(columns) <= set(each.columns))


def run_until_rows(page: AppTest, *columns: str) -> DrawnTable:
    """Run the page until a table with these columns has rows, and return it.

    While a page has nothing for a table it may draw a sentence in its place.
    """
    while True:
        for each in drawn_tables(page):
            if set(columns) <= set(each.columns) and len(each):
                return each
        page.run()
