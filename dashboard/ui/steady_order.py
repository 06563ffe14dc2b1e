"""An order of rows that changes only now and then, however often the rows are sorted.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class SteadyOrder:
    """Keeps the order of a table's rows for some seconds."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._since = 0.0
        self._scope: object = None

    def arrange(
        self, rows: Sequence[T], ids: Sequence[str], *, scope: object, at: float, hold_s: float
    ) -> list[T]:
        """Return sorted rows in the order of ``hold_s`` seconds ago at most.

        New rows come where they are sorted to.  Another ``scope`` is another list: it is in its own
        order at once.  ``at`` is the time in seconds, of any clock.
        """
        is_known = sum(id in self._places for id in ids) * 2 > len(ids)
        if scope != self._scope or at - self._since >= hold_s or not is_known:
            self._scope, self._since = scope, at
            self._places = {id: place for place, id in enumerate(ids)}
        at_place = {id: place for place, id in enumerate(ids)} | self._places
        pairs = sorted(zip(ids, rows, strict=True), key=lambda pair: at_place[pair[0]])
        return [row for _id, row in pairs]
