"""One Pub/Sub connection to Redis, which reconnects by itself.

Knows channels of Redis by name, and nothing of this project's channels.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection

from redis.asyncio.connection import AbstractConnection

from server.background_tasks import cancel_and_wait
from server.redis_client import REDIS_ERRORS, RedisClient, ShardGone
from server.retry_delay import RetryDelay

HEALTH_CHECK_INTERVAL_S = 1.0
HEALTH_CHECK_TIMEOUT_S = 5.0  # waiting loses nothing: the channels' logs have it
MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S = 0.1, 0.5  # between attempts to connect
CHANNELS_PER_COMMAND = 500  # channels in one command
MESSAGE_KINDS = (b"message", b"smessage")
CONFIRMATION_KINDS = (b"subscribe", b"ssubscribe")
log = logging.getLogger(__name__)


class PubSubConnection:
    """Keeps channels subscribed, and passes on messages one after another.

    ``verb`` is ``SUBSCRIBE`` or ``SSUBSCRIBE``.  ``on_message`` gets each message,
    ``on_subscribed`` the channels of which none is missed from now on, and ``on_disconnect`` is
    called when the connection is lost or cannot be made.  If they raise one of
    ``REDIS_ERRORS``, it is closed.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], AbstractConnection],
        redis: RedisClient,
        prefix: str,
        timeout_s: float,
        verb: str,
        on_message: Callable[[bytes, bytes], Awaitable[None]],
        on_subscribed: Callable[[Collection[bytes]], Awaitable[None]],
        on_disconnect: Callable[[], Awaitable[None]],
    ) -> None:
        self._connect, self._redis, self._timeout_s = connect, redis, timeout_s
        self._verb, self._on_message, self._on_subscribed, self._on_disconnect = (
            verb,
            on_message,
            on_subscribed,
            on_disconnect,
        )
        self._health_check_channel = f"{prefix}probe:{secrets.token_hex(8)}"
        self._pending_health_checks: dict[bytes, asyncio.Future[None]] = {}
        self._subscriptions: dict[str, str] = {}
        self._pending_commands: dict[tuple[str, str], None] = {}
        self._has_pending_commands = asyncio.Event()
        self._unconfirmed: set[bytes] = set()
        self.connected = asyncio.Event()

    def subscribe(self, name: str, *, unsharded: bool = False) -> None:
        """Subscribe to a channel; ``unsharded`` always by ``SUBSCRIBE``."""
        verb = "SUBSCRIBE" if unsharded else self._verb
        self._subscriptions[name] = verb
        self._queue_command(verb, name)

    def unsubscribe(self, name: str) -> None:
        """Unsubscribe from a channel."""
        verb = self._subscriptions.pop(name, None)
        if verb is not None:
            self._queue_command(verb.replace("SUB", "UNSUB"), name)

    async def health_check(self, timeout_s: float) -> None:
        """Send a message to this connection through Redis, and wait for it.

        Raises:
            one of REDIS_ERRORS: it could not be sent, or did not arrive in time.
        """
        token = secrets.token_hex(8).encode()
        arrived = asyncio.get_running_loop().create_future()
        self._pending_health_checks[token] = arrived
        try:
            async with asyncio.timeout(timeout_s):
                await self._redis.execute_command("PUBLISH", self._health_check_channel, token)
                await arrived
        finally:
            del self._pending_health_checks[token]

    async def run(self) -> None:
        """Stay connected until cancelled, or until the shard is gone and has no channels left."""
        delay = RetryDelay(MIN_RETRY_DELAY_S, MAX_RETRY_DELAY_S)
        while True:
            is_gone = False
            try:
                await self._run_connection()
            except REDIS_ERRORS as why:
                level = logging.WARNING if self.connected.is_set() else logging.DEBUG
                reason = str(why) or type(why).__name__
                log.log(level, "redis pub/sub disconnected: %s", reason)
                is_gone = isinstance(why, ShardGone)
            finally:
                if self.connected.is_set():
                    delay.reset()
                self.connected.clear()
            await self._on_disconnect()
            if is_gone and not self._subscriptions:
                return
            await delay.wait()

    async def _run_connection(self) -> None:
        connection = self._connect()
        try:
            await self._use_connection(connection)
        finally:
            await connection.disconnect(nowait=True)

    async def _use_connection(self, connection: AbstractConnection) -> None:
        async with asyncio.timeout(self._timeout_s):
            await connection.connect()  # type: ignore[no-untyped-call] # redis-py's own
        self._pending_commands.clear()
        self._unconfirmed.clear()
        self._queue_command("SUBSCRIBE", self._health_check_channel)
        for name, verb in self._subscriptions.items():
            self._queue_command(verb, name)
        work = (
            self._send_commands(connection),
            self._read_messages(connection),
            self._health_check_loop(),
        )
        # No TaskGroup: that of Python 3.11 loses a cancellation that comes while a task fails.
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel_and_wait(tasks)
            failures = [task.exception() for task in tasks if not task.cancelled()]
        for why in filter(None, failures):
            raise why

    def _queue_command(self, verb: str, name: str) -> None:
        opposite = verb.replace("UNSUB", "SUB") if "UNSUB" in verb else verb.replace("SUB", "UNSUB")
        self._pending_commands.pop((opposite, name), None)
        self._pending_commands[verb, name] = None
        self._has_pending_commands.set()

    async def _send_commands(self, connection: AbstractConnection) -> None:
        while True:
            await self._has_pending_commands.wait()
            self._has_pending_commands.clear()
            by_verb: dict[str, list[str]] = {}
            for verb, name in self._pending_commands:
                by_verb.setdefault(verb, []).append(name)
            self._pending_commands.clear()
            for verb, names in by_verb.items():
                if "UNSUB" not in verb:
                    self._unconfirmed.update(name.encode() for name in names)
                # Channels of a shard are in different slots: one command each.
                at_once = (
                    1 if verb.startswith("S") and verb != "SUBSCRIBE" else CHANNELS_PER_COMMAND
                )
                for start in range(0, len(names), at_once):
                    await connection.send_command(verb, *names[start : start + at_once])

    async def _read_messages(self, connection: AbstractConnection) -> None:
        confirmed: list[bytes] = []
        while True:
            kind, name, data = await connection.read_response()
            if kind in CONFIRMATION_KINDS:
                self._unconfirmed.discard(name)
                confirmed.append(name)
                if len(confirmed) >= CHANNELS_PER_COMMAND or not self._unconfirmed:
                    await self._on_subscribed(confirmed)
                    confirmed = []
            elif kind in MESSAGE_KINDS and name == self._health_check_channel.encode():
                arrived = self._pending_health_checks.get(data)
                if arrived is not None and not arrived.done():
                    arrived.set_result(None)
            elif kind in MESSAGE_KINDS:
                await self._on_message(name, data)
            elif kind == b"sunsubscribe" and name.decode() in self._subscriptions:
                raise ConnectionError("a channel has moved to another shard")

    async def _health_check_loop(self) -> None:
        """Detect a dead connection that reports no error."""
        while True:
            await self.health_check(HEALTH_CHECK_TIMEOUT_S)
            if not self.connected.is_set():
                self.connected.set()
                log.info("redis pub/sub connected")
            await asyncio.sleep(HEALTH_CHECK_INTERVAL_S)
