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

from client import backoff
from client.answers import NotNow, Taken, TokenOver, TooMuch, Verdict, Wrong, judge
from client.arrivals import describe
from client.backlog import ITEM_BYTES, Backlog, Batch, Item
from client.errors import ConnectionLost
from protocol.codec import UNREADABLE, read, write
from protocol.publications import Draft

BUFFER = 20_000
"""Publications that may be queued: a minute at a high rate."""
REQUEST_TIMEOUT_S = 10.0
"""Timeout of one request; the batch is then sent again with the same idempotency key."""
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)

log = logging.getLogger(__name__)


class Counts(Struct, frozen=True):
    """Counts of publications by outcome; ``reached`` counts sockets.

    ``dropped`` did not fit the queue; ``refused`` were rejected by the server or too large.
    """

    accepted: int = 0
    reached: int = 0
    dropped: int = 0
    refused: int = 0
    retries: int = 0
    waiting: int = 0


class Publisher:
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
        buffer: int = BUFFER,
        draw: Random | None = None,
    ) -> None:
        self._address = base_url.rstrip("/") + "/api/publish"
        self._token, self._http = token, http
        self._draw = draw or Random()  # noqa: S311 - jitter is no secret
        self._backlog = Backlog(buffer)
        self._bearer: str | None = None
        self._batch: Batch | None = None
        self._counts = Counts()
        self._trouble = ""
        self._attempt = 0
        self._has_items = asyncio.Event()
        self._progress = asyncio.Condition()
        self._sending: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def counts(self) -> Counts:
        """The current counts."""
        return msgspec.structs.replace(self._counts, waiting=len(self._backlog))

    def put(self, draft: Draft) -> bool:
        """Queue a publication; never blocks.

        Returns False, and counts it, if the queue is full, the publisher is closed or the
        publication is over 64 KiB.

        Raises:
            ValueError: the payload is not JSON, which would invalidate a whole batch.
        """
        try:
            read(bytes(draft.payload))
        except UNREADABLE:
            raise ValueError("the payload is not JSON") from None
        item = Item(write(draft), _name(draft))
        if len(item.json) > ITEM_BYTES:
            self._refuse(item, f"over {ITEM_BYTES} bytes")
            return False
        if self._is_closed or not self._backlog.put(item):
            self._count(dropped=1)
            return False
        self._has_items.set()
        return True

    async def run(self) -> None:
        """Send queued publications until cancelled or closed."""
        self._sending = asyncio.create_task(self._send_all(), name="publisher")
        try:
            await self._sending
        except asyncio.CancelledError:
            self._sending.cancel()
            if not self._is_closed:
                raise

    async def flush(self) -> None:
        """Wait until everything queued so far is accepted or rejected.

        Raises:
            ConnectionLost: the publisher was closed before.
        """
        target = self._backlog.settled + len(self._backlog)
        async with self._progress:
            await self._progress.wait_for(
                lambda: self._backlog.settled >= target or self._is_closed
            )
        if self._backlog.settled < target:
            raise ConnectionLost("closed before everything was published")

    async def aclose(self) -> None:
        """Stop ``run``; queued publications are not sent, which is logged.  See ``flush``."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})
        if self._backlog:
            log.warning("Closed with %d publications unsent", len(self._backlog))
        async with self._progress:
            self._progress.notify_all()

    async def _send_all(self) -> None:
        while True:
            await self._has_items.wait()
            self._batch = self._batch or self._backlog.batch(uuid.uuid4().hex)
            wait = await self._send(self._batch)
            if not self._backlog:
                self._has_items.clear()
            async with self._progress:
                self._progress.notify_all()
            if wait > 0:
                await asyncio.sleep(wait)

    async def _send(self, batch: Batch) -> float:
        """Send a batch once; returns the seconds to wait before the next request."""
        try:
            bearer = self._bearer = self._bearer or self._token()
        except Exception as why:  # noqa: BLE001 - a foreign function; its text may hold a secret
            return self._try_again(f"the token source raised {type(why).__name__}")
        try:
            async with self._http.post(
                self._address,
                data=batch.body,
                headers={
                    "Authorization": f"Bearer {bearer}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": batch.key,
                },
                timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S),
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
                verdict = judge(answer.status, answer.headers, body, len(batch.items))
        except BROKEN as why:
            return self._try_again(describe(why))
        return self._obey(batch, verdict)

    def _obey(self, batch: Batch, verdict: Verdict) -> float:
        match verdict:
            case Taken(reached):
                return self._accept(batch, reached)
            case Wrong(index, why):
                self._batch = None
                self._refuse(self._backlog.refuse(index), why)
                return 0.0
            case TooMuch():
                self._batch = None
                self._backlog.shrink(batch)
                return self._try_at_once()
            case TokenOver():
                self._bearer = None
                # Tokens expire: an error only if the fresh one is rejected, too.
                return self._try_again("HTTP 401") if self._attempt else self._try_at_once()
            case NotNow(why, at_least_s, needs_new_key):
                if needs_new_key:
                    self._batch = None
                return self._try_again(why, at_least_s)
            case _:
                assert_never(verdict)

    def _accept(self, batch: Batch, reached: int) -> float:
        self._batch, self._attempt = None, 0
        self._backlog.accept(batch)
        self._count(accepted=len(batch.items), reached=reached)
        if self._trouble:
            self._trouble = ""
            log.info("Publishing resumed")
        return 0.0

    def _refuse(self, item: Item, why: str) -> None:
        self._count(refused=1)
        log.warning("Publication rejected: %s: %s", item.name, why)

    def _try_at_once(self) -> float:
        self._count(retries=1)
        self._attempt += 1
        return 0.0

    def _try_again(self, why: str, at_least_s: float = 0.0) -> float:
        if why != self._trouble:  # logged once per outage
            self._trouble = why
            log.warning("Publish failed, retrying: %s", why)
        wait = max(at_least_s, backoff.delay(self._attempt, self._draw))
        self._try_at_once()
        return wait

    def _count(self, **more: int) -> None:
        sums = {name: getattr(self._counts, name) + n for name, n in more.items()}
        self._counts = msgspec.structs.replace(self._counts, **sums)


def _name(draft: Draft) -> str:
    to = draft.channel or (f"user {draft.user}" if draft.user else "everyone")
    return f"{draft.type} to {to}"
