"""One Pub/Sub connection to Redis, kept alive: it comes back by itself and says so.

Knows names of Redis' channels, and nothing of ours.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection

from redis.asyncio.connection import AbstractConnection

from server.endings import end
from server.redis_link import FAILURES, Link

WATCH_EVERY_S = 1.0
DEAD_AFTER_S = 5.0  # without an answer; nothing is lost by waiting, as the logs have it
AGAIN_S = 0.1  # between attempts to connect
AT_ONCE = 500  # channels in one command
MESSAGES = (b"message", b"smessage")
CONFIRMATIONS = (b"subscribe", b"ssubscribe")
log = logging.getLogger(__name__)


class Listening:
    """Subscribes to what is wanted, and hands on what comes, one thing after another.

    ``verb`` is how channels are subscribed to: ``SUBSCRIBE`` or ``SSUBSCRIBE``.  ``heard``
    is told of a message, ``confirmed`` of a channel on which from now on none is missed, and
    ``broke`` that the connection ended.  What they raise of ``FAILURES`` ends the connection.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], AbstractConnection],
        link: Link,
        prefix: str,
        patience_s: float,
        verb: str,
        heard: Callable[[bytes, bytes], Awaitable[None]],
        confirmed: Callable[[Collection[bytes]], Awaitable[None]],
        broke: Callable[[], None],
    ) -> None:
        self._connect, self._link, self._patience_s = connect, link, patience_s
        self._verb, self._heard, self._confirmed, self._broke = verb, heard, confirmed, broke
        self._probe = f"{prefix}probe:{secrets.token_hex(8)}"
        self._probes: dict[bytes, asyncio.Future[None]] = {}
        self._wanted: dict[str, str] = {}
        self._to_send: dict[tuple[str, str], None] = {}
        self._has_to_send = asyncio.Event()
        self._unconfirmed: set[bytes] = set()
        self.is_up = asyncio.Event()

    def subscribe(self, name: str, *, plainly: bool = False) -> None:
        """Want a channel; ``plainly`` in any case by ``SUBSCRIBE``."""
        verb = "SUBSCRIBE" if plainly else self._verb
        self._wanted[name] = verb
        self._send_soon(verb, name)

    def unsubscribe(self, name: str) -> None:
        """Want a channel no more."""
        verb = self._wanted.pop(name, None)
        if verb is not None:
            self._send_soon(verb.replace("SUB", "UNSUB"), name)

    async def probe(self, patience_s: float) -> None:
        """Send a message to this connection through Redis, and wait for it.

        Raises:
            one of FAILURES: it could not be sent, or did not come in time.
        """
        token = secrets.token_hex(8).encode()
        arrived = asyncio.get_running_loop().create_future()
        self._probes[token] = arrived
        try:
            async with asyncio.timeout(patience_s):
                await self._link.execute_command("PUBLISH", self._probe, token)
                await arrived
        finally:
            del self._probes[token]

    async def run(self) -> None:
        """Stay connected, for ever."""
        while True:
            connection = self._connect()
            try:
                await self._use(connection)
            except FAILURES as why:
                level = logging.WARNING if self.is_up.is_set() else logging.DEBUG
                told = str(why) or type(why).__name__
                log.log(level, "Redis is away, or does not answer: %s", told)
            finally:
                self.is_up.clear()
                self._broke()
                await connection.disconnect(nowait=True)
            await asyncio.sleep(AGAIN_S)

    async def _use(self, connection: AbstractConnection) -> None:
        async with asyncio.timeout(self._patience_s):
            await connection.connect()  # type: ignore[no-untyped-call] # redis-py's own
        self._to_send.clear()
        self._unconfirmed.clear()
        self._send_soon("SUBSCRIBE", self._probe)
        for name, verb in self._wanted.items():
            self._send_soon(verb, name)
        work = (self._send(connection), self._read(connection), self._watch())
        # No TaskGroup: Python 3.11's forgets a cancellation that comes while a task fails.
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(tasks)
            failures = [task.exception() for task in tasks if not task.cancelled()]
        for why in filter(None, failures):
            raise why

    def _send_soon(self, verb: str, name: str) -> None:
        opposite = verb.replace("UNSUB", "SUB") if "UNSUB" in verb else verb.replace("SUB", "UNSUB")
        self._to_send.pop((opposite, name), None)
        self._to_send[verb, name] = None
        self._has_to_send.set()

    async def _send(self, connection: AbstractConnection) -> None:
        while True:
            await self._has_to_send.wait()
            self._has_to_send.clear()
            by_verb: dict[str, list[str]] = {}
            for verb, name in self._to_send:
                by_verb.setdefault(verb, []).append(name)
            self._to_send.clear()
            for verb, names in by_verb.items():
                if "UNSUB" not in verb:
                    self._unconfirmed.update(name.encode() for name in names)
                # Channels of a shard live in different slots: each in a command of its own.
                at_once = 1 if verb.startswith("S") and verb != "SUBSCRIBE" else AT_ONCE
                for start in range(0, len(names), at_once):
                    await connection.send_command(verb, *names[start : start + at_once])

    async def _read(self, connection: AbstractConnection) -> None:
        confirmed: list[bytes] = []
        while True:
            kind, name, data = await connection.read_response()
            if kind in CONFIRMATIONS:
                self._unconfirmed.discard(name)
                confirmed.append(name)
                if len(confirmed) >= AT_ONCE or not self._unconfirmed:
                    await self._confirmed(confirmed)
                    confirmed = []
            elif kind in MESSAGES and name == self._probe.encode():
                arrived = self._probes.get(data)
                if arrived is not None and not arrived.done():
                    arrived.set_result(None)
            elif kind in MESSAGES:
                await self._heard(name, data)
            elif kind == b"sunsubscribe" and name.decode() in self._wanted:
                raise ConnectionError("a channel has moved to another shard")

    async def _watch(self) -> None:
        """Find out in time that the connection is dead, though nothing says so."""
        while True:
            await self.probe(DEAD_AFTER_S)
            if not self.is_up.is_set():
                self.is_up.set()
                log.info("Redis is heard")
            await asyncio.sleep(WATCH_EVERY_S)
