"""The servers' own channel in Redis: what they write is heard by all of them in one order.

Everybody hears their own letters too, and so knows what was said before them and that the
way there and back is open.  Redis keeps nothing of it.  A server that has heard nothing for
a while, its own letters included, takes itself to be cut off and subscribes anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from protocol.redis.order_owners import owner_changes_channel
from server.background_tasks import cancel_and_wait
from server.cluster.bus_messages import BusEnvelope, BusMessage, decode, encode
from server.redis_client import REDIS_ERRORS, RedisClient
from server.retry_delay import RetryDelay

log = logging.getLogger(__name__)

ECHO_CHECKS_PER_TIMEOUT = 8  # at whether letters come back, within the patience
FINAL_MESSAGE_TIMEOUT_S = 0.5
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0  # between attempts to subscribe anew
EchoCallback = Callable[[], None]


class BusEventHandler(Protocol):
    """Who listens to the bus."""

    def on_message(self, sender: str, message: BusMessage) -> None:
        """Take a notice, in the one order; own ones are left out."""

    def on_order_owner_changed(self, order_id: str, tenant_id: str, user_id: str) -> None:
        """Take note that an order was handed over to a user, whoever recorded that."""

    def on_connected(self) -> None:
        """Begin to hear, or begin again after things were missed."""

    def on_disconnected(self) -> None:
        """Cease to hear."""


class _Sent(Struct):
    """A letter that has not come back."""

    number: int
    sent_at: float
    on_echo: list[EchoCallback]


class ClusterBus:
    """Sends and hears letters as ``me``; gives up on what takes longer than ``patience_s``."""

    def __init__(self, redis: RedisClient, prefix: str, node_id: str, timeout_s: float) -> None:
        self._redis = redis
        self._prefix = prefix
        self._node_id = node_id
        self._timeout_s = timeout_s
        self._poll_interval_s = timeout_s / ECHO_CHECKS_PER_TIMEOUT
        self._cluster_channel = f"{prefix}nodes"
        self._owner_changes_channel = owner_changes_channel(prefix)
        self._last_number = 0
        self._pending: list[BusMessage] = []
        self._pending_echoes: list[EchoCallback] = []
        self._has_pending = asyncio.Event()
        self._sent: deque[_Sent] = deque()
        self.is_connected = False
        self.subscriber_count: int | None = None
        """How many servers heard the first letter after this one began to hear."""

    def send(self, message: BusMessage, on_echo: EchoCallback | None = None) -> None:
        """Say something to everybody; what is said before the next letter leaves goes along.

        ``came_back`` is called when it has been heard here, behind all that was said before
        and ahead of all that is said after; or when that is not to be expected any more.
        """
        if not self.is_connected:
            if on_echo is not None:
                on_echo()
            return
        self._pending.append(message)
        if on_echo is not None:
            self._pending_echoes.append(on_echo)
        self._has_pending.set()

    async def send_to(self, node: str, message: BusMessage) -> None:
        """Say something to one server; if it does not get there, it does not."""
        with contextlib.suppress(*REDIS_ERRORS):
            await self._redis.publish(
                self._node_channel(node), encode(BusEnvelope(self._node_id, 0, [message]))
            )

    async def send_final(self, message: BusMessage) -> None:
        """Say something to everybody, after which nothing follows."""
        envelope = encode(BusEnvelope(self._node_id, 0, [message]))
        with contextlib.suppress(*REDIS_ERRORS):
            async with asyncio.timeout(FINAL_MESSAGE_TIMEOUT_S):
                await self._redis.publish(self._cluster_channel, envelope)

    async def run(self, handler: BusEventHandler) -> None:
        """Carry letters, for ever."""
        delay, is_reported = RetryDelay(MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S), False
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(
                        self._cluster_channel,
                        self._node_channel(self._node_id),
                        self._owner_changes_channel,
                    )
                    await self._wait_until_subscribed(pubsub)
                    if is_reported:
                        log.info("the other nodes are heard again")
                    delay.reset()
                    is_reported = False
                    self.is_connected = True
                    handler.on_connected()
                    async with asyncio.TaskGroup() as group:
                        sending = group.create_task(self._send_loop())
                        try:
                            await self._receive_loop(pubsub, handler)
                        finally:
                            await cancel_and_wait([sending])
            except* REDIS_ERRORS as why:
                if not is_reported:
                    log.warning("the other nodes are not heard: %s", why.exceptions[0])
                is_reported = True
            finally:
                self._reset(handler)
            await delay.wait()

    async def _wait_until_subscribed(self, pubsub: Any) -> None:
        """Wait until Redis has said of all three channels that they are heard."""
        async with asyncio.timeout(self._timeout_s):
            for _ in range(3):
                while await pubsub.get_message(timeout=self._timeout_s) is None:
                    pass

    async def _receive_loop(self, pubsub: Any, handler: BusEventHandler) -> None:
        while True:
            message = await pubsub.get_message(
                ignore_subscribe_messages=True, timeout=self._poll_interval_s
            )
            if message is not None:
                self._handle(message["channel"].decode(), message["data"], handler)
            soon = time.monotonic() + self._poll_interval_s
            if self._sent and soon - self._sent[0].sent_at > self._timeout_s:
                raise TimeoutError("what this one says does not come back")

    def _handle(self, channel: str, data: bytes, handler: BusEventHandler) -> None:
        if channel == self._owner_changes_channel:
            parts = data.decode(errors="replace").split(":")
            if len(parts) == 3:
                handler.on_order_owner_changed(*parts)
            return
        envelope = decode(data)
        if envelope is None:
            return
        if envelope.sender != self._node_id:
            for message in envelope.messages:
                handler.on_message(envelope.sender, message)
            return
        while self._sent and self._sent[0].number <= envelope.number:
            for on_echo in self._sent.popleft().on_echo:
                on_echo()

    async def _send_loop(self) -> None:
        """Send letters one after the other: while one is on its way, the next gets longer."""
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            self._last_number += 1
            envelope = BusEnvelope(self._node_id, self._last_number, self._pending)
            self._sent.append(_Sent(self._last_number, time.monotonic(), self._pending_echoes))
            self._pending, self._pending_echoes = [], []
            subscriber_count = await self._redis.publish(self._cluster_channel, encode(envelope))
            if self.subscriber_count is None:
                self.subscriber_count = subscriber_count

    def _reset(self, handler: BusEventHandler) -> None:
        was_connected, self.is_connected, self.subscriber_count = self.is_connected, False, None
        callbacks = [each for sent in self._sent for each in sent.on_echo] + self._pending_echoes
        self._sent.clear()
        self._pending, self._pending_echoes = [], []
        self._has_pending.clear()
        if was_connected:
            handler.on_disconnected()
        for on_echo in callbacks:
            on_echo()

    def _node_channel(self, node: str) -> str:
        return f"{self._prefix}node:{node}"
