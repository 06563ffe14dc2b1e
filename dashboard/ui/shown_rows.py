"""The rows that a browser may show: the last versions of a table that holds still.  Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
KEPT_VERSIONS = 60  # a table that holds for longer reports its version in time


class ShownRows(Generic[T]):
    """The last versions of a table's rows; rows with other ids are a new version."""

    def __init__(self) -> None:
        self._version = 0
        self._ids: tuple[str, ...] | None = None
        self._versions: OrderedDict[int, tuple[T, ...]] = OrderedDict()
        self._held = 0

    def add(self, rows: Sequence[T], ids: Sequence[str]) -> int:
        """Remember the rows that are drawn now; return their version."""
        if self._ids != tuple(ids):
            self._version, self._ids = self._version + 1, tuple(ids)
        self._versions[self._version] = tuple(rows)
        expired = [version for version in self._versions if version != self._held]
        for version in expired[:-KEPT_VERSIONS]:
            del self._versions[version]
        return self._version

    def hold(self, version: int) -> None:
        """Keep a version, until another one is held."""
        self._held = version

    def find(
        self, version: int, id: str, row_id: Callable[[T], str]
    ) -> tuple[T, tuple[T, ...]] | None:
        """Return the row with this id and the rows it was shown in; None if both have gone."""
        for rows in (self._versions.get(version, ()), self._versions.get(self._version, ())):
            for row in rows:
                if row_id(row) == id:
                    return row, rows
        return None
