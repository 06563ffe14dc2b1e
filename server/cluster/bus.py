"""The message bus of a cluster, over Redis Pub/Sub: all nodes receive messages in one order.

A node also receives its own messages: their echo tells it which messages of others came
before, and that the connection works both ways.  Redis stores nothing of it.  A node whose
messages do not come back in time counts itself as disconnected and subscribes again.
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
from server.cluster.bus_messages import (
    BusEnvelope,
    BusMessage,
    UnreadableEnvelope,
    decode,
    encode,
)
from server.monitoring.counters import Counters
from server.redis_client import REDIS_ERRORS, RedisClient
from server.retry_delay import RetryDelay

log = logging.getLogger(__name__)

ECHO_CHECKS_PER_TIMEOUT = 8
FINAL_MESSAGE_TIMEOUT_S = 0.5
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0  # between attempts to subscribe
EchoCallback = Callable[[], None]


class BusEventHandler(Protocol):
    """What the bus calls."""

    def on_message(self, sender: str, message: BusMessage) -> None:
        """Handle a message of another node."""

    def on_order_owner_changed(self, order_id: str, tenant_id: str, user_id: str) -> None:
        """Handle a change of an order's owner, whoever recorded it."""

    def on_connected(self) -> None:
        """Messages arrive from now on; earlier ones may have been missed."""

    def on_disconnected(self) -> None:
        """No messages arrive from now on."""


class _Sent(Struct):
    """An envelope whose echo has not arrived."""

    number: int
    sent_at: float
    on_echo: list[EchoCallback]


class ClusterBus:
    """Sends and receives messages as one node.

    ``timeout_s`` is the longest time that an envelope may take to come back.
    """

    def __init__(
        self,
        redis: RedisClient,
        prefix: str,
        node_id: str,
        timeout_s: float,
        counters: Counters,
    ) -> None:
        self._redis = redis
        self._counters = counters
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
        """How many nodes received the first envelope since this one is connected."""

    def send(self, message: BusMessage, on_echo: EchoCallback | None = None) -> None:
        """Send a message to all nodes, in one envelope with others that are pending.

        ``on_echo`` is called when the message arrives here, in its place in the order of all
        messages, or when the connection is lost.
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
        """Send a message to one node, without a guarantee."""
        with contextlib.suppress(*REDIS_ERRORS):
            await self._redis.publish(
                self._node_channel(node), encode(BusEnvelope(self._node_id, 0, [message]))
            )

    async def send_final(self, message: BusMessage) -> None:
        """Send the last message of this node, without a guarantee."""
        envelope = encode(BusEnvelope(self._node_id, 0, [message]))
        with contextlib.suppress(*REDIS_ERRORS):
            async with asyncio.timeout(FINAL_MESSAGE_TIMEOUT_S):
                await self._redis.publish(self._cluster_channel, envelope)

    async def run(self, handler: BusEventHandler) -> None:
        """Stay connected, until cancelled."""
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
                        log.info("cluster bus connected")
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
                    log.warning("cluster bus unavailable: %s", why.exceptions[0])
                is_reported = True
            finally:
                self._reset(handler)
            await delay.wait()

    async def _wait_until_subscribed(self, pubsub: Any) -> None:
        """Wait until Redis has confirmed all three subscriptions."""
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
                raise TimeoutError("messages of this node do not come back")

    def _handle(self, channel: str, data: bytes, handler: BusEventHandler) -> None:
        if channel == self._owner_changes_channel:
            parts = data.decode(errors="replace").split(":")
            if len(parts) == 3:
                handler.on_order_owner_changed(*parts)
            else:
                self._count_unreadable(1)
            return
        try:
            envelope, unreadable = decode(data)
        except UnreadableEnvelope:
            self._count_unreadable(1)
            return
        if unreadable:
            self._count_unreadable(unreadable)
        if envelope.sender != self._node_id:
            for message in envelope.messages:
                handler.on_message(envelope.sender, message)
            return
        while self._sent and self._sent[0].number <= envelope.number:
            for on_echo in self._sent.popleft().on_echo:
                on_echo()

    def _count_unreadable(self, number: int) -> None:
        if not self._counters.unreadable["bus"]:  # a newer node may send many
            log.warning("skipping messages of nodes that this version cannot read")
        self._counters.unreadable["bus"] += number

    async def _send_loop(self) -> None:
        """Send one envelope at a time: messages that come while it is on its way share the next."""
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
