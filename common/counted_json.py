"""JSON documents whose reading is counted, to bound the time that a path takes.  Pure."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, ValuesView
from typing import Any


class TooManySteps(Exception):
    """The steps are used up."""


class StepCounter:
    """Counts how many members of a document may still be read."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, steps: int) -> None:
        """Count steps; raises TooManySteps."""
        self.left -= steps
        if self.left < 0:
            raise TooManySteps

    def counted(self, document: Any) -> Any:
        """Return a copy of a document whose objects and lists count each member that is read."""
        if isinstance(document, dict):
            members = {name: self.counted(value) for name, value in document.items()}
            return _CountedObject(self, members)
        if isinstance(document, list):
            return _CountedList(self, [self.counted(value) for value in document])
        return document


class _CountedObject(dict[str, Any]):
    __slots__ = ("_counter",)

    def __init__(self, counter: StepCounter, members: dict[str, Any]) -> None:
        super().__init__(members)
        self._counter = counter

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # narrower than the built-in
        self._counter.take(len(self))
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self._counter.take(len(self))
        return super().values()

    def __iter__(self) -> Iterator[str]:
        self._counter.take(len(self))
        return super().__iter__()

    def __getitem__(self, name: str) -> Any:
        self._counter.take(1)
        return super().__getitem__(name)


class _CountedList(list[Any]):
    __slots__ = ("_counter",)

    def __init__(self, counter: StepCounter, members: list[Any]) -> None:
        super().__init__(members)
        self._counter = counter

    def __iter__(self) -> Iterator[Any]:
        self._counter.take(len(self))
        return super().__iter__()

    def __getitem__(self, position: Any) -> Any:
        self._counter.take(len(self) if isinstance(position, slice) else 1)
        return super().__getitem__(position)
