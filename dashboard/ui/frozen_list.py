"""A list that stops changing while one of its items is selected.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class FrozenList(Generic[T]):
    """Rows that follow the live list until an item is selected, and again after a release.

    ``selected`` outlives a release: it is what stays in view beside the list.  ``releases`` counts
    them: after each it is another list.
    """

    def __init__(self) -> None:
        self.selected: T | None = None
        self.releases = 0
        self._frozen: tuple[T, ...] | None = None
        self._drawn: tuple[T, ...] = ()

    @property
    def is_frozen(self) -> bool:
        """Whether the rows stay as they are."""
        return self._frozen is not None

    def rows(self, live: Sequence[T]) -> tuple[T, ...]:
        """Return the rows to draw now: the frozen ones, or the live ones."""
        self._drawn = tuple(live) if self._frozen is None else self._frozen
        return self._drawn

    def select(self, item: T, rows: Sequence[T]) -> None:
        """Select an item and freeze the rows as they were shown with it."""
        self.selected, self._frozen = item, tuple(rows)

    def move(self, rows: int) -> None:
        """Select the item that is so many rows below (or above) and freeze the rows.

        If the selected item is not in the list, its first row is selected.
        """
        if not self._drawn:
            return
        at = self._drawn.index(self.selected) if self.selected in self._drawn else None
        target = 0 if at is None else at + rows
        if 0 <= target < len(self._drawn):
            self.select(self._drawn[target], self._drawn)

    def release(self) -> None:
        """Follow the live list again."""
        self._frozen, self.releases = None, self.releases + 1

    def new_count(self, live: Iterable[T], position: Callable[[T], int]) -> int:
        """Count the live items that came after the newest of the frozen rows."""
        if not self._frozen:
            return 0
        newest = max(map(position, self._frozen))
        return sum(position(item) > newest for item in live)
