"""Publishes through Redis in batches: what comes while one is being sent goes in the next.

Concurrent publishers share one round trip, and one write to the disk of Redis, and the
publications of this node are accepted in the order in which they came.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from redis.exceptions import ResponseError

from protocol.publications import Publication
from protocol.redis.streams import PUBLISH, RedisKeys, make_publish_call, split_by_address
from protocol.retention import Retention
from server.background_tasks import cancel_and_wait
from server.pubsub.brokers.base import BrokerUnavailable
from server.redis_client import REDIS_ERRORS, RedisClient
from server.retry_delay import RetryDelay

BATCH_BYTES = 1 << 20  # of messages; at least one call goes, whatever its size
BATCH_ITEMS = 1000
MAX_BATCH_SPAN_S = 0.25  # between the first and the last call of a batch
MAX_PENDING = 20_000  # publications; above it, calls fail at once
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.05, 0.2  # between attempts to send a batch
log = logging.getLogger(__name__)


class _PublishCall(Struct, eq=False):
    """The publications of one caller; ``deadline`` is by the clock of the event loop.

    The result of ``done`` is empty or the reason of a failure; the caller may cancel it.
    """

    items: list[tuple[Publication, str]]
    deadline: float
    done: asyncio.Future[str]

    @property
    def size(self) -> int:
        return sum(len(publication.message) for publication, _ in self.items)


class BatchPublisher:
    """Sends one batch at a time, and again as long as it is unknown whether it arrived."""

    def __init__(
        self,
        redis: RedisClient,
        redis_keys: RedisKeys,
        retention: Retention,
        timeout_s: float,
        *,
        sharded: bool,
    ) -> None:
        self._redis, self._redis_keys, self._retention = redis, redis_keys, retention
        self._timeout_s, self._sharded = timeout_s, sharded
        self._script = redis.register_script(PUBLISH)
        self._pending: deque[_PublishCall] = deque()
        self._pending_count = 0
        self._task: asyncio.Task[None] | None = None
        self._clock_offset_ms: float | None = None

    async def publish(self, publications: Sequence[Publication], idempotency_key: str) -> None:
        """Publish these, in this order.

        Raises:
            BrokerUnavailable: not within the timeout; nothing is published later.
        """
        if not publications:
            return
        if self._pending_count + len(publications) > MAX_PENDING and self._pending:
            raise BrokerUnavailable("too many publications are pending")
        tokens = [
            f"{idempotency_key}:{number}" if idempotency_key else ""
            for number in range(len(publications))
        ]
        loop = asyncio.get_running_loop()
        call = _PublishCall(
            list(zip(publications, tokens, strict=True)),
            loop.time() + self._timeout_s,
            loop.create_future(),
        )
        self._pending.append(call)
        self._pending_count += len(publications)
        if self._task is None:
            self._task = loop.create_task(self._send_loop())
        try:
            async with asyncio.timeout(self._timeout_s):
                why = await call.done
        except TimeoutError:
            why = "Redis did not take it in time"
        if why:
            raise BrokerUnavailable(why)

    async def aclose(self) -> None:
        """Drop what is pending."""
        if self._task is not None:
            await cancel_and_wait([self._task])

    async def _send_loop(self) -> None:
        try:
            while self._pending:
                calls = self._next_batch()
                if not calls:
                    continue
                why = await self._send_batch(calls)
                for call in calls:
                    if not call.done.done():
                        call.done.set_result(why)
        finally:
            self._task = None

    def _next_batch(self) -> list[_PublishCall]:
        """Take the calls of the next batch, without those that were cancelled."""
        calls: list[_PublishCall] = []
        count = size = 0
        while self._pending:
            call = self._pending[0]
            count, size = count + len(call.items), size + call.size
            is_too_much = count > BATCH_ITEMS or size > BATCH_BYTES
            # A batch has one deadline, that of its first call.
            if calls and (is_too_much or call.deadline - calls[0].deadline > MAX_BATCH_SPAN_S):
                break
            self._pending.popleft()
            self._pending_count -= len(call.items)
            if not call.done.done():
                calls.append(call)
        return calls

    async def _send_batch(self, calls: Sequence[_PublishCall]) -> str:
        """Send a batch until it is known to have arrived or is too late; returns the failure."""
        id, epoch, until = secrets.token_hex(8), secrets.token_hex(4), calls[0].deadline
        items = [item for call in calls for item in call.items]
        loop = asyncio.get_running_loop()
        delay = RetryDelay(MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S)
        why = "Redis did not take it in time"
        while (left := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    if await self._run_script(id, items, epoch, left):
                        return ""
                self._clock_offset_ms = None  # its clock or ours was set
            except ResponseError as why_not:
                return f"Redis rejects it: {why_not}"
            except REDIS_ERRORS as failure:
                self._clock_offset_ms, why = None, str(failure) or why
                await asyncio.sleep(min(delay.next_s(), max(0.0, until - loop.time())))
        return why

    async def _run_script(
        self, id: str, items: Sequence[tuple[Publication, str]], epoch: str, left_s: float
    ) -> bool:
        """Call the script once per shard; return whether it was in time."""
        deadline_ms = int((time.time() + left_s) * 1000 + await self._redis_clock_offset_ms())
        parts = split_by_address(items) if self._sharded else [items]
        calls = []
        for part in parts:
            call = make_publish_call(
                id,
                part,
                redis_keys=self._redis_keys,
                retention=self._retention,
                epoch=epoch,
                deadline_ms=deadline_ms,
                sharded=self._sharded,
            )
            calls.append(self._script(keys=call.keys, args=call.args))
        return all(await asyncio.gather(*calls))

    async def _redis_clock_offset_ms(self) -> float:
        """Return how far the clock of Redis is ahead of this node's.

        With it the script rejects a batch that is too late: a delayed one, reported as
        failed, is never executed.
        """
        if self._clock_offset_ms is None:
            before = time.time()
            seconds, micros = await self._redis.time()
            self._clock_offset_ms = (seconds + micros / 1e6 - (before + time.time()) / 2) * 1000
        return self._clock_offset_ms
