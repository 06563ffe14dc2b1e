"""Traffic for the measurement of the pages: a steady stream over many channels."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bench.load.http_publisher import BlockingPublisher
from bench.servers.processes import Target

REQUESTS_PER_SECOND = 20
CUSTOMERS = 300
_CART = (
    '{"channel":"user:u_%d","type":"cart_update","payload":{"action":"item_added",'
    '"cart":{"id":"cart_%d","item_count":%d,"total":%d.50}}}'
)
_ORDER = (
    '{"channel":"order:o_%d","type":"order_update","payload":{"order_id":"o_%d",'
    '"status":"paid","previous_status":"pending","updated_at":"2024-01-15T10:30:00Z"}}'
)


def request_body(first: int, count: int) -> bytes:
    """Return a list of publications from this number on: carts, and one order in four."""
    parts = []
    for number in range(first, first + count):
        id = number % CUSTOMERS
        if number % 4 == 3:
            parts.append(_ORDER % (id, id))
        else:
            parts.append(_CART % (id, id, number % 9, number % 10_000))
    return f"[{','.join(parts)}]".encode()


class PagesTraffic:
    """Publishes at a rate; ``published`` counts the publications."""

    def __init__(self, target: Target, messages_per_second: int) -> None:
        self._publisher = BlockingPublisher(target)
        self._publications_per_request = messages_per_second // REQUESTS_PER_SECOND
        self.published = 0

    def run(self, seconds: float) -> None:
        """Publish for this long; after a late request the next is sent immediately.

        Raises:
            PublishFailed: one was rejected.
        """
        started = time.monotonic()
        for number in range(int(seconds * REQUESTS_PER_SECOND)):
            due = started + number / REQUESTS_PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            self._publisher.post(request_body(self.published, self._publications_per_request))
            self.published += self._publications_per_request

    def close(self) -> None:
        """Close the connection."""
        self._publisher.close()


@contextlib.contextmanager
def publishing(target: Target, messages_per_second: int) -> Iterator[None]:
    """Publish at a rate while the block lasts."""
    traffic, is_over = PagesTraffic(target, messages_per_second), False

    def publish() -> None:
        while not is_over:
            traffic.run(1.0)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(publish)
        try:
            yield
        finally:
            is_over = True
            running.result()
            traffic.close()
