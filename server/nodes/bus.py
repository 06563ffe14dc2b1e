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

from protocol.ownership import changes_channel
from server.endings import end
from server.nodes.letters import Letter, Notice, read, write
from server.redis_link import FAILURES, Link

log = logging.getLogger(__name__)

LOOKS = 8  # at whether letters come back, within the patience
GOODBYE_S = 0.5
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 2.0  # between attempts to subscribe anew
CameBack = Callable[[], None]


class Ears(Protocol):
    """Who listens to the bus."""

    def heard(self, sender: str, notice: Notice) -> None:
        """Take a notice, in the one order; own ones are left out."""

    def order_moved(self, order_id: str, tenant_id: str, user_id: str) -> None:
        """Take note that an order was handed over to a user, whoever recorded that."""

    def found(self) -> None:
        """Begin to hear, or begin again after things were missed."""

    def lost(self) -> None:
        """Cease to hear."""


class _Sent(Struct):
    """A letter that has not come back."""

    number: int
    at: float
    came_back: list[CameBack]


class Bus:
    """Sends and hears letters as ``me``; gives up on what takes longer than ``patience_s``."""

    def __init__(self, link: Link, prefix: str, me: str, patience_s: float) -> None:
        self._link = link
        self._prefix = prefix
        self._me = me
        self._patience_s = patience_s
        self._look_every_s = patience_s / LOOKS
        self._everybody = f"{prefix}nodes"
        self._moved = changes_channel(prefix)
        self._number = 0
        self._pending: list[Notice] = []
        self._came_back: list[CameBack] = []
        self._has_pending = asyncio.Event()
        self._sent: deque[_Sent] = deque()
        self.hears = False
        self.listeners: int | None = None
        """How many servers heard the first letter after this one began to hear."""

    def send(self, notice: Notice, came_back: CameBack | None = None) -> None:
        """Say something to everybody; what is said before the next letter leaves goes along.

        ``came_back`` is called when it has been heard here, behind all that was said before
        and ahead of all that is said after; or when that is not to be expected any more.
        """
        if not self.hears:
            if came_back is not None:
                came_back()
            return
        self._pending.append(notice)
        if came_back is not None:
            self._came_back.append(came_back)
        self._has_pending.set()

    async def send_to(self, node: str, notice: Notice) -> None:
        """Say something to one server; if it does not get there, it does not."""
        with contextlib.suppress(*FAILURES):
            await self._link.publish(self._own(node), write(Letter(self._me, 0, [notice])))

    async def send_last(self, notice: Notice) -> None:
        """Say something to everybody, after which nothing follows."""
        letter = write(Letter(self._me, 0, [notice]))
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(GOODBYE_S):
                await self._link.publish(self._everybody, letter)

    async def run(self, ears: Ears) -> None:
        """Carry letters, for ever."""
        wait_s, is_told = FIRST_WAIT_S, False
        while True:
            try:
                async with self._link.pubsub() as pubsub:
                    await pubsub.subscribe(self._everybody, self._own(self._me), self._moved)
                    await self._confirmed(pubsub)
                    if is_told:
                        log.info("the other nodes are heard again")
                    wait_s, is_told = FIRST_WAIT_S, False
                    self.hears = True
                    ears.found()
                    async with asyncio.TaskGroup() as group:
                        sending = group.create_task(self._send_all())
                        try:
                            await self._hear_all(pubsub, ears)
                        finally:
                            await end([sending])
            except* FAILURES as why:
                if not is_told:
                    log.warning("the other nodes are not heard: %s", why.exceptions[0])
                is_told = True
            finally:
                self._lose(ears)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    async def _confirmed(self, pubsub: Any) -> None:
        """Wait until Redis has said of all three channels that they are heard."""
        async with asyncio.timeout(self._patience_s):
            for _ in range(3):
                while await pubsub.get_message(timeout=self._patience_s) is None:
                    pass

    async def _hear_all(self, pubsub: Any, ears: Ears) -> None:
        while True:
            message = await pubsub.get_message(
                ignore_subscribe_messages=True, timeout=self._look_every_s
            )
            if message is not None:
                self._take(message["channel"].decode(), message["data"], ears)
            soon = time.monotonic() + self._look_every_s
            if self._sent and soon - self._sent[0].at > self._patience_s:
                raise TimeoutError("what this one says does not come back")

    def _take(self, channel: str, data: bytes, ears: Ears) -> None:
        if channel == self._moved:
            moved = data.decode(errors="replace").split(":")
            if len(moved) == 3:
                ears.order_moved(*moved)
            return
        letter = read(data)
        if letter is None:
            return
        if letter.sender != self._me:
            for notice in letter.notices:
                ears.heard(letter.sender, notice)
            return
        while self._sent and self._sent[0].number <= letter.number:
            for came_back in self._sent.popleft().came_back:
                came_back()

    async def _send_all(self) -> None:
        """Send letters one after the other: while one is on its way, the next gets longer."""
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            self._number += 1
            letter = Letter(self._me, self._number, self._pending)
            self._sent.append(_Sent(self._number, time.monotonic(), self._came_back))
            self._pending, self._came_back = [], []
            listeners = await self._link.publish(self._everybody, write(letter))
            if self.listeners is None:
                self.listeners = listeners

    def _lose(self, ears: Ears) -> None:
        was_heard, self.hears, self.listeners = self.hears, False, None
        waiting = [each for sent in self._sent for each in sent.came_back] + self._came_back
        self._sent.clear()
        self._pending, self._came_back = [], []
        self._has_pending.clear()
        if was_heard:
            ears.lost()
        for came_back in waiting:
            came_back()

    def _own(self, node: str) -> str:
        return f"{self._prefix}node:{node}"
