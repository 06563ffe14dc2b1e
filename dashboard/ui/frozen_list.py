"""A list that stops changing while one of its items is selected.  Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
SELECTION_ECHO_S = 1.5  # a table that is mounted again may report the selection of the one before


class FrozenList(Generic[T]):
    """Rows that follow the live list until an item is selected, and again after a release.

    ``selected`` outlives a release: it is what stays in view beside the list.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.selected: T | None = None
        self._clock = clock
        self._frozen: tuple[T, ...] | None = None
        self._drawn: tuple[T, ...] = ()
        self._version = 0
        self._released_at = -math.inf

    @property
    def is_frozen(self) -> bool:
        """Whether the rows stay as they are."""
        return self._frozen is not None

    def rows(self, live: Sequence[T]) -> tuple[T, ...]:
        """Return the rows to draw now: the frozen ones, or the live ones."""
        self._drawn = tuple(live) if self._frozen is None else self._frozen
        return self._drawn

    def select(self, item: T | None) -> None:
        """Select an item of the table and freeze the rows as they were drawn.

        A table that loses its selection reports None, which changes nothing.
        """
        if item is not None and self._clock() - self._released_at > SELECTION_ECHO_S:
            self.selected, self._frozen = item, self._drawn

    def move(self, rows: int) -> None:
        """Select the item that is so many rows below (or above) and freeze the rows.

        If the selected item is not in the list, its first row is selected.
        """
        if not self._drawn:
            return
        at = self._drawn.index(self.selected) if self.selected in self._drawn else None
        target = 0 if at is None else at + rows
        if 0 <= target < len(self._drawn):
            self.selected, self._frozen = self._drawn[target], self._drawn

    def release(self) -> None:
        """Follow the live list again; the table's new key clears its own selection."""
        self._frozen, self._version, self._released_at = None, self._version + 1, self._clock()

    def table_key(self, base: str) -> str:
        """Return the key of the table, which changes with every release."""
        return f"{base}{self._version}"

    def new_count(self, live: Iterable[T], position: Callable[[T], int]) -> int:
        """Count the live items that came after the newest of the frozen rows."""
        if not self._frozen:
            return 0
        newest = max(map(position, self._frozen))
        return sum(position(item) > newest for item in live)
