"""Pool of WebSocket clients: the connected customers and the support agent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

import aiohttp

from client.asyncio.client import AsyncShopWebSocket
from client.base import TokenSource
from client.errors import QueueFull
from client.tokens import mint
from protocol import codec
from protocol.simulator_api import ClientPoolState, CustomerState
from simulator.clients.customer import CustomerClient
from simulator.clients.slow_client import SlowClient
from simulator.clients.support_agent import Sleep, SupportAgentClient
from simulator.settings import Settings
from simulator.shop.components import ShopData
from simulator.shop.customers import Customer
from simulator.shop.support_script import AGENT_ID, AgentScript

CONNECT_INTERVAL_S = 0.005
"""Delay between connects: a thousand customers take five seconds."""
HISTORY_TIMEOUT_S = 5.0
STATUS_INTERVAL_S = 1.0

log = logging.getLogger("simulator")


class ClientPool:
    """All simulated clients; ``run`` connects them, and disconnects them when cancelled.

    ``pause`` is called to wait while a client reads or types.
    """

    def __init__(
        self,
        settings: Settings,
        data: ShopData,
        http: aiohttp.ClientSession,
        *,
        pause: Sleep = asyncio.sleep,
    ) -> None:
        self._settings, self._data, self._http = settings, data, http
        self._pause = pause
        self._rng = Random(settings.seed)  # noqa: S311 - pauses, no secrets
        self._agent_script = AgentScript(data.support_script)
        self._agent_token = self._token_source(
            AGENT_ID, "agent", lambda: self._data.support_script.agent_name
        )
        self._agent_socket = self._create_client(self._agent_token)
        self._connected_since: dict[AsyncShopWebSocket, float] = {}
        self._reconnects = self._evictions = 0
        self._slow_client: SlowClient | None = None
        self._tasks: asyncio.TaskGroup | None = None
        """Task group of ``run``; None before it starts and while it stops."""
        self.has_started = asyncio.Event()
        """Set when ``run`` starts to connect clients."""
        self._sockets: dict[str, AsyncShopWebSocket] = {}
        self._customers: dict[str, CustomerClient] = {}
        for number in range(1, settings.customers + 1):
            self._add_customer(data.customers.customer(number))

    async def run(self) -> None:
        """Hold the connections until cancelled."""
        sockets = [self._agent_socket, *self._sockets.values()]
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self.has_started.set()
                SupportAgentClient(
                    self._agent_socket,
                    self._settings.tenant,
                    self._agent_script,
                    load_senders=self._load_senders,
                    rng=self._rng,
                    sleep=self._pause,
                    spawn=self._spawn,
                )
                try:
                    for socket in sockets:
                        await socket.connect()
                        await asyncio.sleep(CONNECT_INTERVAL_S)
                    await self._log_signed_in(sockets)
                finally:
                    self._tasks = None
        finally:
            await asyncio.gather(*(socket.disconnect() for socket in sockets))

    def ask_support(self, customer: Customer, topic: str) -> None:
        """Have a signed-in customer open a support conversation."""
        if self._sockets[customer.id].status.signed_in:
            self._customers[customer.id].ask_support(topic)

    def start_slow_client(self, customer: Customer) -> None:
        """Open one more connection for a customer and do not read from it."""
        self.stop_slow_client()
        tokens = self._token_source(customer.id, "customer", lambda: customer.name)
        self._slow_client = SlowClient(self._settings.ws_url, tokens)
        self._spawn(self._run_slow_client(self._slow_client))

    def stop_slow_client(self) -> None:
        """Resume reading on that connection, then close it."""
        if self._slow_client is not None:
            self._slow_client.resume()
            self._slow_client = None

    def drop_connections(self) -> None:
        """Abort every customer's connection; the clients reconnect."""
        log.info("dropping the connections of %d customers", len(self._sockets))
        for socket in self._sockets.values():
            socket.drop()

    def take_conversation(self, conversation_id: str) -> None:
        """Stop the simulated agent in a conversation."""
        self._agent_script.hand_over(conversation_id)

    def release_conversation(self, conversation_id: str) -> None:
        """Have the simulated agent answer in a conversation again."""
        self._agent_script.take_back(conversation_id)

    def taken_conversations(self) -> tuple[str, ...]:
        """Return the ids of the conversations in which a person answers."""
        return self._agent_script.handed_over()

    def reset(self, data: ShopData) -> None:
        """Reset for a new shop with this data: drop followed orders, chats and the slow client.

        If its language is another, people sign in again under their names in that language.
        """
        self.stop_slow_client()
        is_renamed, self._data = data.language is not self._data.language, data
        self._agent_script.script = data.support_script
        for client in self._customers.values():
            customer = data.customers.customer(client.customer.number)
            client.reset(customer, data.support_script)
            if is_renamed:
                token = self._customer_token_source(customer.number)
                _send_token(self._sockets[customer.id], token)
        if is_renamed:
            _send_token(self._agent_socket, self._agent_token)

    def state(self) -> ClientPoolState:
        """Return counts of connections, reconnects and evictions."""
        sockets = [self._agent_socket, *self._sockets.values()]
        return ClientPoolState(
            sockets=len(sockets),
            signed_in=sum(socket.status.signed_in for socket in sockets),
            reconnects=self._reconnects,
            evictions=self._evictions,
        )

    def customers(self) -> tuple[CustomerState, ...]:
        """Return the connected customers."""
        return tuple(
            CustomerState(id, client.customer.name, self._sockets[id].status.signed_in)
            for id, client in self._customers.items()
        )

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task; ignored while stopping."""
        if self._tasks is None:
            coroutine.close()
        else:
            self._tasks.create_task(coroutine)

    def _call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        async def call() -> None:
            await self._pause(delay_s)
            callback()

        self._spawn(call())

    async def _run_slow_client(self, client: SlowClient) -> None:
        if await client.run():
            self._evictions += 1
            log.info("the server disconnected the slow client")

    async def _log_signed_in(self, sockets: list[AsyncShopWebSocket]) -> None:
        """Log the number of signed-in clients when it has changed and settled."""
        logged, last = None, 0
        while True:
            await asyncio.sleep(STATUS_INTERVAL_S)
            now = sum(socket.status.signed_in for socket in sockets)
            if now == last and now != logged:
                log.info("%d of %d sockets signed in", now, len(sockets))
                logged = now
            last = now

    def _add_customer(self, customer: Customer) -> None:
        socket = self._create_client(self._customer_token_source(customer.number))
        self._sockets[customer.id] = socket
        self._customers[customer.id] = CustomerClient(
            socket, customer, self._data.support_script, self._call_later, self._rng
        )

    def _customer_token_source(self, number: int) -> TokenSource:
        return self._token_source(
            self._data.customers.customer(number).id,
            "customer",
            lambda: self._data.customers.customer(number).name,
        )

    def _token_source(self, user_id: str, role: str, name: Callable[[], str]) -> TokenSource:
        settings = self._settings

        def token() -> str:
            return mint(
                settings.jwt_secret,
                user_id=user_id,
                tenant_id=settings.tenant,
                role=role,
                name=name(),
            )

        return token

    def _create_client(self, token_source: TokenSource) -> AsyncShopWebSocket:
        url = self._settings.ws_url
        socket = AsyncShopWebSocket(url, token_source, http=self._http, recoverable=True)
        socket.on("auth_success", lambda _: self._on_signed_in(socket))
        return socket

    def _on_signed_in(self, socket: AsyncShopWebSocket) -> None:
        since = socket.status.since  # a new token on an open connection does not change it
        previous = self._connected_since.setdefault(socket, since)
        if since != previous:
            self._connected_since[socket] = since
            self._reconnects += 1

    async def _load_senders(self, conversation_id: str) -> list[str]:
        url = f"{self._settings.http_url}/api/conversations/{conversation_id}/messages"
        headers = {"Authorization": f"Bearer {self._agent_token()}"}
        timeout = aiohttp.ClientTimeout(HISTORY_TIMEOUT_S)
        try:
            async with self._http.get(url, headers=headers, timeout=timeout) as response:
                body = codec.decode_json(await response.read())
                return [message["sender_id"] for message in body["messages"]]
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, *codec.DECODE_ERRORS):
            log.info("could not load a conversation")
            return []


def _send_token(socket: AsyncShopWebSocket, token: TokenSource) -> None:
    """Sign in with a new token, if signed in; otherwise the next sign-in uses it anyway."""
    if socket.status.signed_in:
        with suppress(QueueFull):
            socket.send("auth", {"token": token()})
