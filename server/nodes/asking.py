"""Questions on their way to all servers, and the answers that have come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from msgspec import Struct


class PendingQuery(Struct):
    """One question: who has not answered, and what the others have.

    ``is_disconnected`` tells that answers cannot be expected any more.
    """

    number: int
    awaiting: set[str]
    answers: list[bytes]
    done: asyncio.Future[None]
    is_disconnected: bool = False

    def mark_done(self, node: str) -> None:
        """Wait no longer for a server."""
        self.awaiting.discard(node)
        if not self.awaiting and not self.done.done():
            self.done.set_result(None)

    async def wait(self, patience_s: float) -> None:
        """Wait until nobody is waited for, but no longer than that."""
        await asyncio.wait([self.done], timeout=patience_s)


class PendingQueries:
    """The questions that one server has asked and not done with."""

    def __init__(self) -> None:
        self._pending: dict[int, PendingQuery] = {}
        self._last_number = 0

    def start(self, nodes: Iterable[str]) -> PendingQuery:
        """Begin to wait for an answer of each of these."""
        self._last_number += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asking = self._pending[self._last_number] = PendingQuery(
            self._last_number, set(nodes), [], done
        )
        return asking

    def finish(self, asking: PendingQuery) -> None:
        """Be done with a question: what else comes is too late."""
        del self._pending[asking.number]

    def on_response(self, node: str, number: int, answer: bytes | None) -> None:
        """Take an answer; a server that has none is as silent as one that hangs."""
        asking = self._pending.get(number)
        if asking is not None and answer is not None:
            asking.answers.append(answer)
            asking.mark_done(node)

    def on_node_left(self, node: str) -> None:
        """Wait no longer for a server that has ended."""
        for asking in self._pending.values():
            asking.mark_done(node)

    def on_disconnected(self) -> None:
        """Wait no longer for anybody."""
        for asking in self._pending.values():
            asking.is_disconnected = True
            for node in list(asking.awaiting):
                asking.mark_done(node)
