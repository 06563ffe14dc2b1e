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

from protocol.ownership import owner_changes_channel
from server.endings import cancel_and_wait
from server.nodes.letters import BusEnvelope, BusMessage, decode, encode
from server.redis_link import REDIS_ERRORS, RedisClient

log = logging.getLogger(__name__)

ECHO_CHECKS_PER_TIMEOUT = 8  # at whether letters come back, within the patience
FINAL_MESSAGE_TIMEOUT_S = 0.5
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 2.0  # between attempts to subscribe anew
EchoCallback = Callable[[], None]


class BusEventHandler(Protocol):
    """Who listens to the bus."""

    def on_message(self, sender: str, notice: BusMessage) -> None:
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

    def __init__(self, link: RedisClient, prefix: str, me: str, patience_s: float) -> None:
        self._redis = link
        self._prefix = prefix
        self._node_id = me
        self._timeout_s = patience_s
        self._poll_interval_s = patience_s / ECHO_CHECKS_PER_TIMEOUT
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

    def send(self, notice: BusMessage, came_back: EchoCallback | None = None) -> None:
        """Say something to everybody; what is said before the next letter leaves goes along.

        ``came_back`` is called when it has been heard here, behind all that was said before
        and ahead of all that is said after; or when that is not to be expected any more.
        """
        if not self.is_connected:
            if came_back is not None:
                came_back()
            return
        self._pending.append(notice)
        if came_back is not None:
            self._pending_echoes.append(came_back)
        self._has_pending.set()

    async def send_to(self, node: str, notice: BusMessage) -> None:
        """Say something to one server; if it does not get there, it does not."""
        with contextlib.suppress(*REDIS_ERRORS):
            await self._redis.publish(
                self._node_channel(node), encode(BusEnvelope(self._node_id, 0, [notice]))
            )

    async def send_final(self, notice: BusMessage) -> None:
        """Say something to everybody, after which nothing follows."""
        letter = encode(BusEnvelope(self._node_id, 0, [notice]))
        with contextlib.suppress(*REDIS_ERRORS):
            async with asyncio.timeout(FINAL_MESSAGE_TIMEOUT_S):
                await self._redis.publish(self._cluster_channel, letter)

    async def run(self, ears: BusEventHandler) -> None:
        """Carry letters, for ever."""
        wait_s, is_told = MIN_RETRY_DELAY_S, False
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(
                        self._cluster_channel,
                        self._node_channel(self._node_id),
                        self._owner_changes_channel,
                    )
                    await self._wait_until_subscribed(pubsub)
                    if is_told:
                        log.info("the other nodes are heard again")
                    wait_s, is_told = MIN_RETRY_DELAY_S, False
                    self.is_connected = True
                    ears.on_connected()
                    async with asyncio.TaskGroup() as group:
                        sending = group.create_task(self._send_loop())
                        try:
                            await self._receive_loop(pubsub, ears)
                        finally:
                            await cancel_and_wait([sending])
            except* REDIS_ERRORS as why:
                if not is_told:
                    log.warning("the other nodes are not heard: %s", why.exceptions[0])
                is_told = True
            finally:
                self._reset(ears)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, MAX_RETRY_DELAY_S)

    async def _wait_until_subscribed(self, pubsub: Any) -> None:
        """Wait until Redis has said of all three channels that they are heard."""
        async with asyncio.timeout(self._timeout_s):
            for _ in range(3):
                while await pubsub.get_message(timeout=self._timeout_s) is None:
                    pass

    async def _receive_loop(self, pubsub: Any, ears: BusEventHandler) -> None:
        while True:
            message = await pubsub.get_message(
                ignore_subscribe_messages=True, timeout=self._poll_interval_s
            )
            if message is not None:
                self._handle(message["channel"].decode(), message["data"], ears)
            soon = time.monotonic() + self._poll_interval_s
            if self._sent and soon - self._sent[0].sent_at > self._timeout_s:
                raise TimeoutError("what this one says does not come back")

    def _handle(self, channel: str, data: bytes, ears: BusEventHandler) -> None:
        if channel == self._owner_changes_channel:
            moved = data.decode(errors="replace").split(":")
            if len(moved) == 3:
                ears.on_order_owner_changed(*moved)
            return
        letter = decode(data)
        if letter is None:
            return
        if letter.sender != self._node_id:
            for notice in letter.messages:
                ears.on_message(letter.sender, notice)
            return
        while self._sent and self._sent[0].number <= letter.number:
            for came_back in self._sent.popleft().on_echo:
                came_back()

    async def _send_loop(self) -> None:
        """Send letters one after the other: while one is on its way, the next gets longer."""
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            self._last_number += 1
            letter = BusEnvelope(self._node_id, self._last_number, self._pending)
            self._sent.append(_Sent(self._last_number, time.monotonic(), self._pending_echoes))
            self._pending, self._pending_echoes = [], []
            listeners = await self._redis.publish(self._cluster_channel, encode(letter))
            if self.subscriber_count is None:
                self.subscriber_count = listeners

    def _reset(self, ears: BusEventHandler) -> None:
        was_heard, self.is_connected, self.subscriber_count = self.is_connected, False, None
        waiting = [each for sent in self._sent for each in sent.on_echo] + self._pending_echoes
        self._sent.clear()
        self._pending, self._pending_echoes = [], []
        self._has_pending.clear()
        if was_heard:
            ears.on_disconnected()
        for came_back in waiting:
            came_back()

    def _node_channel(self, node: str) -> str:
        return f"{self._prefix}node:{node}"
