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

    async def wait(self, timeout_s: float) -> None:
        """Wait until nobody is waited for, but no longer than that."""
        await asyncio.wait([self.done], timeout=timeout_s)


class PendingQueries:
    """The questions that one server has asked and not done with."""

    def __init__(self) -> None:
        self._pending: dict[int, PendingQuery] = {}
        self._last_number = 0

    def start(self, nodes: Iterable[str]) -> PendingQuery:
        """Begin to wait for an answer of each of these."""
        self._last_number += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        query = self._pending[self._last_number] = PendingQuery(
            self._last_number, set(nodes), [], done
        )
        return query

    def finish(self, query: PendingQuery) -> None:
        """Be done with a question: what else comes is too late."""
        del self._pending[query.number]

    def on_response(self, node: str, number: int, answer: bytes | None) -> None:
        """Take an answer; a server that has none is as silent as one that hangs."""
        query = self._pending.get(number)
        if query is not None and answer is not None:
            query.answers.append(answer)
            query.mark_done(node)

    def on_node_left(self, node: str) -> None:
        """Wait no longer for a server that has ended."""
        for query in self._pending.values():
            query.mark_done(node)

    def on_disconnected(self) -> None:
        """Wait no longer for anybody."""
        for query in self._pending.values():
            query.is_disconnected = True
            for node in list(query.awaiting):
                query.mark_done(node)
