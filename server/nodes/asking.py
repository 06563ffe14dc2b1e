"""Questions on their way to all servers, and the answers that have come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from msgspec import Struct


class Asking(Struct):
    """One question: who has not answered, and what the others have.

    ``is_cut_off`` tells that answers cannot be expected any more.
    """

    number: int
    waiting: set[str]
    answers: list[bytes]
    done: asyncio.Future[None]
    is_cut_off: bool = False

    def heard_from(self, node: str) -> None:
        """Wait no longer for a server."""
        self.waiting.discard(node)
        if not self.waiting and not self.done.done():
            self.done.set_result(None)

    async def wait(self, patience_s: float) -> None:
        """Wait until nobody is waited for, but no longer than that."""
        await asyncio.wait([self.done], timeout=patience_s)


class Questions:
    """The questions that one server has asked and not done with."""

    def __init__(self) -> None:
        self._asked: dict[int, Asking] = {}
        self._number = 0

    def begin(self, nodes: Iterable[str]) -> Asking:
        """Begin to wait for an answer of each of these."""
        self._number += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asking = self._asked[self._number] = Asking(self._number, set(nodes), [], done)
        return asking

    def end(self, asking: Asking) -> None:
        """Be done with a question: what else comes is too late."""
        del self._asked[asking.number]

    def answered(self, node: str, number: int, answer: bytes | None) -> None:
        """Take an answer; a server that has none is as silent as one that hangs."""
        asking = self._asked.get(number)
        if asking is not None and answer is not None:
            asking.answers.append(answer)
            asking.heard_from(node)

    def gone(self, node: str) -> None:
        """Wait no longer for a server that has ended."""
        for asking in self._asked.values():
            asking.heard_from(node)

    def cut_off(self) -> None:
        """Wait no longer for anybody."""
        for asking in self._asked.values():
            asking.is_cut_off = True
            for node in list(asking.waiting):
                asking.heard_from(node)
