"""Queue of publications, cut into batches within the server's limits.

Pure.  Items keep their order and stay queued until the server accepts or rejects them.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from msgspec import Struct

MAX_BATCH_ITEMS = 1000
"""Publications in one request, as the protocol limits it."""
MAX_BATCH_BYTES = 1 << 20
"""Bytes of one request's body, as the protocol limits it."""


class QueuedPublication(Struct, frozen=True):
    """One publication as JSON, and its label for logs."""

    json: bytes
    label: str


class PublishBatch(Struct, frozen=True):
    """The oldest items of the queue."""

    items: tuple[QueuedPublication, ...]
    idempotency_key: str

    @property
    def body(self) -> bytes:
        """The request's body: a JSON list."""
        return b"[%b]" % b",".join(item.json for item in self.items)


class PublishQueue:
    """A bounded queue that rejects the newest items, so that the order is kept."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[QueuedPublication] = deque()
        self._max_batch_bytes = MAX_BATCH_BYTES
        self.completed = 0
        """Number of items accepted, rejected or cleared since the start."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: QueuedPublication) -> bool:
        """Append; returns False if the queue is full."""
        if len(self._items) >= self._limit:
            return False
        self._items.append(item)
        return True

    def next_batch(self, key: str) -> PublishBatch:
        """Copy the oldest items, as many as one request may have; at least one."""
        count, size = 0, 1  # the brackets and commas of a list: one more than its items
        for item in islice(self._items, MAX_BATCH_ITEMS):
            size += len(item.json) + 1
            if count and size > self._max_batch_bytes:
                break
            count += 1
        return PublishBatch(tuple(islice(self._items, count)), key)

    def remove_batch(self, batch: PublishBatch) -> None:
        """Remove a whole batch."""
        for _ in batch.items:
            self._items.popleft()
        self.completed += len(batch.items)

    def remove_item(self, index: int) -> QueuedPublication:
        """Remove one item of the batch, counted from 0; returns it."""
        item = self._items[index]
        del self._items[index]
        self.completed += 1
        return item

    def clear(self) -> int:
        """Remove all items; returns their number."""
        count = len(self._items)
        self._items.clear()
        self.completed += count
        return count

    def reduce_batch_size(self, batch: PublishBatch) -> None:
        """Halve the batch size: the server's limit is lower."""
        self._max_batch_bytes = len(batch.body) // 2
