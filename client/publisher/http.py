"""Publishes to ``POST /api/publish``: batched, in order, with retries.

``put`` never blocks; one task (``run``) sends one request at a time and repeats it until the
server accepts or rejects it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from random import Random
from typing import assert_never

import aiohttp
import msgspec
from msgspec import Struct

from client.errors import ConnectionLost
from client.publisher.batching import PublishBatch, PublishQueue, QueuedPublication
from client.publisher.responses import (
    BatchAccepted,
    BatchTooLarge,
    ItemRejected,
    PublishOutcome,
    RetryLater,
    TokenRejected,
    parse_response,
)
from client.sans_io.connection_events import describe_error
from client.sans_io.reconnect import backoff_delay
from protocol.codec import DECODE_ERRORS, decode_json, encode_json
from protocol.publications import MAX_PUBLICATION_BYTES, PublishRequest

DEFAULT_QUEUE_LIMIT = 20_000
"""Maximum of queued publications; a minute at a high rate."""
REQUEST_TIMEOUT_S = 10.0
"""Timeout of one request; the batch is then sent again with the same idempotency key."""
CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)

log = logging.getLogger(__name__)


class PublishCounts(Struct, frozen=True):
    """Counts of publications by outcome; ``reached`` counts sockets.

    ``dropped`` did not fit the queue; ``refused`` were rejected by the server or too large.
    """

    accepted: int = 0
    reached: int = 0
    dropped: int = 0
    refused: int = 0
    retries: int = 0
    waiting: int = 0


class HttpPublisher:
    """Publishes to the server at ``base_url``, in the order of ``put``.

    ``token`` returns a fresh token of a service or admin; it is called at the start and after
    every 401.
    """

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str],
        *,
        http: aiohttp.ClientSession,
        queue_limit: int = DEFAULT_QUEUE_LIMIT,
        rng: Random | None = None,
    ) -> None:
        self._url = base_url.rstrip("/") + "/api/publish"
        self._token, self._http = token, http
        self._rng = rng or Random()  # noqa: S311 - jitter is no secret
        self._queue = PublishQueue(queue_limit)
        self._bearer: str | None = None
        self._batch: PublishBatch | None = None
        self._counts = PublishCounts()
        self._last_error = ""
        self._failed_attempts = 0
        self._has_items = asyncio.Event()
        self._progress = asyncio.Condition()
        self._send_task: asyncio.Task[None] | None = None
        self._is_closed = self._is_sending = False

    @property
    def counts(self) -> PublishCounts:
        """The current counts."""
        return msgspec.structs.replace(self._counts, waiting=len(self._queue))

    def put(self, draft: PublishRequest) -> bool:
        """Queue a publication; never blocks.

        Returns False, and counts it, if the queue is full, the publisher is closed or the
        publication is over 64 KiB.

        Raises:
            ValueError: the payload is not JSON, which would invalidate a whole batch.
        """
        try:
            decode_json(bytes(draft.payload))
        except DECODE_ERRORS:
            raise ValueError("the payload is not JSON") from None
        item = QueuedPublication(encode_json(draft), _label(draft))
        if len(item.json) > MAX_PUBLICATION_BYTES:
            self._item_rejected(item, f"over {MAX_PUBLICATION_BYTES} bytes")
            return False
        if self._is_closed or not self._queue.put(item):
            self._add_counts(dropped=1)
            return False
        self._has_items.set()
        return True

    def discard(self) -> None:
        """Drop everything that is queued, and count it.

        A request in progress is not repeated, but the server may still execute it; see
        ``wait_until_discarded``.
        """
        self._batch = None
        self._has_items.clear()
        self._add_counts(dropped=self._queue.clear())

    async def wait_until_discarded(self) -> None:
        """Wait until the request that was in progress at the last ``discard`` has ended."""
        async with self._progress:
            await self._progress.wait_for(lambda: not self._is_sending or self._batch is not None)

    async def run(self) -> None:
        """Send queued publications until cancelled or closed."""
        self._send_task = asyncio.create_task(self._send_all(), name="publisher")
        try:
            await self._send_task
        except asyncio.CancelledError:
            self._send_task.cancel()
            if not self._is_closed:
                raise

    async def flush(self) -> None:
        """Wait until everything queued so far is accepted or rejected.

        Raises:
            ConnectionLost: the publisher was closed before.
        """
        target = self._queue.completed + len(self._queue)
        async with self._progress:
            await self._progress.wait_for(
                lambda: self._queue.completed >= target or self._is_closed
            )
        if self._queue.completed < target:
            raise ConnectionLost("closed before everything was published")

    async def aclose(self) -> None:
        """Stop ``run``; queued publications are not sent, which is logged.  See ``flush``."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._send_task is not None:
            self._send_task.cancel()
            await asyncio.wait({self._send_task})
        if self._queue:
            log.warning("Closed with %d publications unsent", len(self._queue))
        async with self._progress:
            self._progress.notify_all()

    async def _send_all(self) -> None:
        while True:
            await self._has_items.wait()
            if self._batch is None:
                if not self._queue:  # discarded since they were put
                    self._has_items.clear()
                    continue
                self._batch = self._queue.next_batch(uuid.uuid4().hex)
            self._is_sending = True
            delay_s = await self._send(self._batch)
            self._is_sending = False
            if not self._queue:
                self._has_items.clear()
            async with self._progress:
                self._progress.notify_all()
            if delay_s > 0:
                await asyncio.sleep(delay_s)

    async def _send(self, batch: PublishBatch) -> float:
        """Send a batch once; returns the seconds to wait before the next request."""
        try:
            bearer = self._bearer = self._bearer or self._token()
        except Exception as error:  # noqa: BLE001 - the application's; its text may hold a secret
            return self._retry_later(f"the token source raised {type(error).__name__}")
        try:
            async with self._http.post(
                self._url,
                data=batch.body,
                headers={
                    "Authorization": f"Bearer {bearer}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": batch.idempotency_key,
                },
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                outcome = parse_response(response.status, response.headers, body, len(batch.items))
        except CONNECTION_ERRORS as error:
            return self._retry_later(describe_error(error))
        return self._handle_outcome(batch, outcome)

    def _handle_outcome(self, batch: PublishBatch, outcome: PublishOutcome) -> float:
        if batch is not self._batch:  # discarded
            return 0.0
        match outcome:
            case BatchAccepted(reached):
                return self._batch_accepted(batch, reached)
            case ItemRejected(index, reason):
                self._batch = None
                self._item_rejected(self._queue.remove_item(index), reason)
                return 0.0
            case BatchTooLarge():
                self._batch = None
                self._queue.reduce_batch_size(batch)
                return self._retry_now()
            case TokenRejected():
                self._bearer = None
                # Tokens expire: an error only if the fresh one is rejected, too.
                return self._retry_later("HTTP 401") if self._failed_attempts else self._retry_now()
            case RetryLater(reason, min_delay_s, needs_new_key):
                if needs_new_key:
                    self._batch = None
                return self._retry_later(reason, min_delay_s)
            case _:
                assert_never(outcome)

    def _batch_accepted(self, batch: PublishBatch, reached: int) -> float:
        self._batch, self._failed_attempts = None, 0
        self._queue.remove_batch(batch)
        self._add_counts(accepted=len(batch.items), reached=reached)
        if self._last_error:
            self._last_error = ""
            log.info("Publishing resumed")
        return 0.0

    def _item_rejected(self, item: QueuedPublication, reason: str) -> None:
        self._add_counts(refused=1)
        log.warning("Publication rejected: %s: %s", item.label, reason)

    def _retry_now(self) -> float:
        self._add_counts(retries=1)
        self._failed_attempts += 1
        return 0.0

    def _retry_later(self, reason: str, min_delay_s: float = 0.0) -> float:
        if reason != self._last_error:  # logged once per outage
            self._last_error = reason
            log.warning("Publish failed, retrying: %s", reason)
        delay_s = max(min_delay_s, backoff_delay(self._failed_attempts, self._rng))
        self._retry_now()
        return delay_s

    def _add_counts(self, **increments: int) -> None:
        sums = {name: getattr(self._counts, name) + n for name, n in increments.items()}
        self._counts = msgspec.structs.replace(self._counts, **sums)


def _label(draft: PublishRequest) -> str:
    to = draft.channel or (f"user {draft.user}" if draft.user else "everyone")
    return f"{draft.type} to {to}"
