"""The customers and the support agent who hold real WebSockets, each signed in as themselves."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from random import Random

import aiohttp

from client.aio import AsyncShopWebSocket
from client.tokens import mint
from protocol import codec
from simulator.customers import Customer
from simulator.helpdesk import HelpDesk
from simulator.settings import Settings
from simulator.shop import Premises
from simulator.state import CustomerState
from simulator.support import AGENT_ID
from simulator.visitor import Visitor

CONNECTS_APART_S = 0.005
"""A thousand customers come within five seconds, not at once."""
LOOK_UP_TIMEOUT_S = 5.0
WATCH_S = 1.0

log = logging.getLogger("simulator")


class Presence:
    """Everybody who is connected; ``run`` lets them come, and go when it is cancelled."""

    def __init__(self, settings: Settings, premises: Premises, http: aiohttp.ClientSession) -> None:
        self._settings, self._script, self._http = settings, premises.script, http
        self._draw = Random(settings.seed)  # noqa: S311 - pauses, no secrets
        self._agent_token = self._tokens(AGENT_ID, "agent", self._script.agent_name)
        self._agent_socket = self._socket(self._agent_token)
        self._sockets: dict[str, AsyncShopWebSocket] = {}
        self._visitors: dict[str, Visitor] = {}
        for number in range(1, settings.customers + 1):
            self._admit(premises.people.customer(number))

    async def run(self) -> None:
        """Hold the connections until cancelled."""
        sockets = [self._agent_socket, *self._sockets.values()]
        try:
            async with asyncio.TaskGroup() as tasks:
                HelpDesk(
                    self._agent_socket,
                    self._settings.tenant,
                    self._script,
                    find_senders=self._find_senders,
                    draw=self._draw,
                    pause=asyncio.sleep,
                    spawn=tasks.create_task,
                )
                for socket in sockets:
                    await socket.connect()
                    await asyncio.sleep(CONNECTS_APART_S)
                await self._watch(sockets)
        finally:
            await asyncio.gather(*(socket.disconnect() for socket in sockets))

    def ask(self, customer: Customer, topic: str) -> None:
        """Have a customer who is here open a support conversation, if the server is there."""
        if self._sockets[customer.id].status.signed_in:
            self._visitors[customer.id].ask(topic)

    def states(self) -> tuple[CustomerState, ...]:
        """Say who is here."""
        return tuple(
            CustomerState(id, visitor.customer.name, self._sockets[id].status.signed_in)
            for id, visitor in self._visitors.items()
        )

    async def _watch(self, sockets: list[AsyncShopWebSocket]) -> None:
        """Say how many are signed in, whenever that has changed and is steady again."""
        said, last = None, 0
        while True:
            await asyncio.sleep(WATCH_S)
            now = sum(socket.status.signed_in for socket in sockets)
            if now == last and now != said:
                log.info("%d of %d sockets signed in", now, len(sockets))
                said = now
            last = now

    def _admit(self, customer: Customer) -> None:
        socket = self._socket(self._tokens(customer.id, "customer", customer.name))
        self._sockets[customer.id] = socket
        self._visitors[customer.id] = Visitor(
            socket, customer, self._script, asyncio.get_running_loop().call_later, self._draw
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
        return AsyncShopWebSocket(self._settings.ws_url, tokens, http=self._http)

    async def _find_senders(self, conversation_id: str) -> list[str]:
        url = f"{self._settings.http_url}/api/conversations/{conversation_id}/messages"
        headers = {"Authorization": f"Bearer {self._agent_token()}"}
        timeout = aiohttp.ClientTimeout(LOOK_UP_TIMEOUT_S)
        try:
            async with self._http.get(url, headers=headers, timeout=timeout) as response:
                body = codec.read(await response.read())
                return [message["sender_id"] for message in body["messages"]]
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, *codec.UNREADABLE):
            log.info("a conversation could not be looked up")
            return []
