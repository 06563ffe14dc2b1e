"""Pool of WebSocket clients: the connected customers and the support agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any

import aiohttp

from client.aio import AsyncShopWebSocket
from client.tokens import mint
from protocol import codec
from simulator.customers import Customer
from simulator.helpdesk import HelpDesk, Pause
from simulator.house import Premises
from simulator.settings import Settings
from simulator.sluggard import Sluggard
from simulator.state import CustomerState, PresenceState
from simulator.support import AGENT_ID, Agent
from simulator.visitor import Visitor

CONNECTS_APART_S = 0.005
"""Delay between connects: a thousand customers take five seconds."""
LOOK_UP_TIMEOUT_S = 5.0
WATCH_S = 1.0

log = logging.getLogger("simulator")


class Presence:
    """All simulated clients; ``run`` connects them, and disconnects them when cancelled.

    ``pause`` is how they wait while they read and type.
    """

    def __init__(
        self,
        settings: Settings,
        premises: Premises,
        http: aiohttp.ClientSession,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._settings, self._script, self._http = settings, premises.script, http
        self._pause = pause
        self._draw = Random(settings.seed)  # noqa: S311 - pauses, no secrets
        self._agent = Agent(self._script)
        self._agent_token = self._tokens(AGENT_ID, "agent", self._script.agent_name)
        self._agent_socket = self._socket(self._agent_token)
        self._opened: dict[AsyncShopWebSocket, float] = {}
        self._reconnects = self._evictions = 0
        self._sluggard: Sluggard | None = None
        self._tasks: asyncio.TaskGroup | None = None
        """Task group of ``run``; None before it starts and while it stops."""
        self.has_begun = asyncio.Event()
        """Set when ``run`` starts to connect clients."""
        self._sockets: dict[str, AsyncShopWebSocket] = {}
        self._visitors: dict[str, Visitor] = {}
        for number in range(1, settings.customers + 1):
            self._admit(premises.people.customer(number))

    async def run(self) -> None:
        """Hold the connections until cancelled."""
        sockets = [self._agent_socket, *self._sockets.values()]
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self.has_begun.set()
                HelpDesk(
                    self._agent_socket,
                    self._settings.tenant,
                    self._agent,
                    find_senders=self._find_senders,
                    draw=self._draw,
                    pause=self._pause,
                    spawn=self._beside,
                )
                try:
                    for socket in sockets:
                        await socket.connect()
                        await asyncio.sleep(CONNECTS_APART_S)
                    await self._watch(sockets)
                finally:
                    self._tasks = None
        finally:
            await asyncio.gather(*(socket.disconnect() for socket in sockets))

    def ask(self, customer: Customer, topic: str) -> None:
        """Have a signed-in customer open a support conversation."""
        if self._sockets[customer.id].status.signed_in:
            self._visitors[customer.id].ask(topic)

    def stop_reading(self, customer: Customer) -> None:
        """Open one more connection for a customer and do not read from it."""
        self.read_on()
        tokens = self._tokens(customer.id, "customer", customer.name)
        self._sluggard = Sluggard(self._settings.ws_url, tokens)
        self._beside(self._see_whether_evicted(self._sluggard))

    def read_on(self) -> None:
        """Resume reading on that connection, then close it."""
        if self._sluggard is not None:
            self._sluggard.read_on()
            self._sluggard = None

    def lose_connections(self) -> None:
        """Abort every customer's connection; the clients reconnect."""
        log.info("dropping the connections of %d customers", len(self._sockets))
        for socket in self._sockets.values():
            socket.drop()

    def take_conversation(self, conversation_id: str) -> None:
        """Stop the simulated agent in a conversation."""
        self._agent.leave(conversation_id)

    def start_over(self) -> None:
        """Reset for a new shop: drop followed orders and the slow client."""
        self.read_on()
        for visitor in self._visitors.values():
            visitor.forget_orders()

    def state(self) -> PresenceState:
        """Return counts of connections, reconnects and evictions."""
        sockets = [self._agent_socket, *self._sockets.values()]
        return PresenceState(
            sockets=len(sockets),
            signed_in=sum(socket.status.signed_in for socket in sockets),
            reconnects=self._reconnects,
            evictions=self._evictions,
        )

    def customers(self) -> tuple[CustomerState, ...]:
        """Return the connected customers."""
        return tuple(
            CustomerState(id, visitor.customer.name, self._sockets[id].status.signed_in)
            for id, visitor in self._visitors.items()
        )

    def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task; ignored while stopping."""
        if self._tasks is None:
            work.close()
        else:
            self._tasks.create_task(work)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        async def do_later() -> None:
            await self._pause(seconds)
            do()

        self._beside(do_later())

    async def _see_whether_evicted(self, sluggard: Sluggard) -> None:
        if await sluggard.run():
            self._evictions += 1
            log.info("the server disconnected the slow client")

    async def _watch(self, sockets: list[AsyncShopWebSocket]) -> None:
        """Log the number of signed-in clients when it has changed and settled."""
        said, last = None, 0
        while True:
            await asyncio.sleep(WATCH_S)
            now = sum(socket.status.signed_in for socket in sockets)
            if now == last and now != said:
                log.info("%d of %d sockets signed in", now, len(sockets))
                said = now
            last = now

    def _admit(self, customer: Customer) -> None:
        tokens = self._tokens(customer.id, "customer", customer.name)
        socket = self._socket(tokens)
        self._sockets[customer.id] = socket
        self._visitors[customer.id] = Visitor(
            socket, customer, self._script, self._later, self._draw
        )

    def _tokens(self, user_id: str, role: str, name: str) -> partial[str]:
        settings = self._settings
        return partial(
            mint,
            settings.jwt_secret,
            user_id=user_id,
            tenant_id=settings.tenant,
            role=role,
            name=name,
        )

    def _socket(self, tokens: partial[str]) -> AsyncShopWebSocket:
        url = self._settings.ws_url
        socket = AsyncShopWebSocket(url, tokens, http=self._http, recoverable=True)
        socket.on("auth_success", lambda _: self._signed_in(socket))
        return socket

    def _signed_in(self, socket: AsyncShopWebSocket) -> None:
        opened = socket.status.since  # a fresh token on an open connection leaves it as it is
        before = self._opened.setdefault(socket, opened)
        if opened != before:
            self._opened[socket] = opened
            self._reconnects += 1

    async def _find_senders(self, conversation_id: str) -> list[str]:
        url = f"{self._settings.http_url}/api/conversations/{conversation_id}/messages"
        headers = {"Authorization": f"Bearer {self._agent_token()}"}
        timeout = aiohttp.ClientTimeout(LOOK_UP_TIMEOUT_S)
        try:
            async with self._http.get(url, headers=headers, timeout=timeout) as response:
                body = codec.read(await response.read())
                return [message["sender_id"] for message in body["messages"]]
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, *codec.UNREADABLE):
            log.info("could not load a conversation")
            return []
