"""Queries that wait for the results of other nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from msgspec import Struct


class PendingQuery(Struct):
    """One query: the nodes that have not responded, and the results of the others.

    ``is_disconnected``: no more results can arrive.
    """

    number: int
    awaiting: set[str]
    results: list[bytes]
    done: asyncio.Future[None]
    is_disconnected: bool = False

    def mark_done(self, node: str) -> None:
        """Stop waiting for a node."""
        self.awaiting.discard(node)
        if not self.awaiting and not self.done.done():
            self.done.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Wait until all nodes have responded, or for ``timeout_s``."""
        await asyncio.wait([self.done], timeout=timeout_s)


class PendingQueries:
    """The queries of this node that are in progress."""

    def __init__(self) -> None:
        self._pending: dict[int, PendingQuery] = {}
        self._last_number = 0

    def start(self, nodes: Iterable[str]) -> PendingQuery:
        """Start to wait for a result of each of these nodes."""
        self._last_number += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        query = self._pending[self._last_number] = PendingQuery(
            self._last_number, set(nodes), [], done
        )
        return query

    def finish(self, query: PendingQuery) -> None:
        """End a query; results that arrive later are ignored."""
        del self._pending[query.number]

    def on_response(self, node: str, number: int, result: bytes | None) -> None:
        """Handle a result; a node that could not answer is left to time out."""
        query = self._pending.get(number)
        if query is not None and result is not None:
            query.results.append(result)
            query.mark_done(node)

    def on_node_left(self, node: str) -> None:
        """Stop waiting for a node that has left."""
        for query in self._pending.values():
            query.mark_done(node)

    def on_disconnected(self) -> None:
        """Stop waiting for all nodes."""
        for query in self._pending.values():
            query.is_disconnected = True
            for node in list(query.awaiting):
                query.mark_done(node)
