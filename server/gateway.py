"""The door: who may open a socket, and the round that looks after those who are inside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator
from functools import partial

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.errors import CloseCode
from protocol.events import ChatSaid
from protocol.messages import Utterance
from protocol.publications import Position, Publication
from server.auth import Verifier
from server.brokers.base import Recovery
from server.connection import Connection
from server.conversations import Conversations
from server.exchange import Shared
from server.flusher import Flusher
from server.identity import Identity
from server.limits import RateLimit
from server.orders import Orders
from server.outbox import Outbox
from server.replies import problem
from server.session import Session
from server.settings import Settings
from server.stores.base import Order
from server.upgrade import is_handshake, take_over

SWEEP_EVERY_S = 0.5
GOODBYES_AT_ONCE = 500  # connections told to go in one turn of the loop


class World(Struct, frozen=True):
    """What sessions ask about, answered by the parts of this server."""

    verifier: Verifier
    orders: Orders
    talks: Conversations
    shared: Shared

    async def identify(self, token: str) -> Identity:
        """Verify a token."""
        return await self.verifier.identify(token)

    async def find_order(self, order_id: str) -> Order | None:
        """Return whose an order is."""
        return await self.orders.find(order_id)

    async def hear(self, channel: Channel) -> None:
        """Have a channel delivered here."""
        await self.shared.broker.hear(channel)

    async def last(self, channel: Channel) -> Publication | None:
        """Return what a channel brought last."""
        return await self.shared.broker.last(channel)

    async def recover(self, channel: Channel, since: Position | None) -> Recovery:
        """Tell where a channel stands, and what it brought since.

        What would take a client to its outbox' limit is as good as forgotten: it would be
        hung up on, come back, and be hung up on again.
        """
        found = await self.shared.broker.recover(channel, since)
        if sum(len(each.message) for each in found.missed) > self.shared.outbox_bytes // 2:
            return replace(found, recovered=False, missed=())
        return found

    async def say(
        self, who: Identity, utterance: Utterance, connection_id: str
    ) -> tuple[ChatSaid, tuple[Publication, ...]]:
        """Keep what was said."""
        return await self.talks.say(who, utterance, connection_id, self.shared.clock())


class Gateway:
    """Opens sockets, sweeps them and, in the end, closes them all."""

    def __init__(self, settings: Settings, world: World, flusher: Flusher) -> None:
        self._settings = settings
        self._world = world
        self._shared = world.shared
        self._connections: dict[Outbox, Connection] = {}
        self._is_closing = False
        self._empty = asyncio.Event()
        self._empty.set()
        self._flusher = flusher
        flusher.stuck.append(self.check)

    @property
    def is_closing(self) -> bool:
        """Tell whether the server is stopping."""
        return self._is_closing

    def connections(self) -> Iterator[Connection]:
        """Go through those who are inside and not on their way out."""
        return (each for each in list(self._connections.values()) if each.is_open)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET /ws``.

        Refuses with 403 a page of a foreign origin, with 503 when the server is full or
        stopping, and with 400 what is no WebSocket handshake.
        """
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest
        origin = request.headers.get("Origin")
        port = transport.get_extra_info("sockname")[1]
        if origin is not None and origin not in self._settings.origins(port):
            return problem(403, "forbidden", "Pages of this origin may not connect")
        if self._is_closing or len(self._connections) >= self._settings.connections:
            return problem(503, "unavailable", "No connection is to be had now", retry_after=5)
        if not is_handshake(request):
            return problem(400, "bad_request", "This address speaks WebSocket")
        connection = self._connect(transport)
        answer = take_over(request, transport, connection)
        connection.begin(request.query.get("token"))
        return answer

    def check(self, outbox: Outbox) -> None:
        """Look at a client whose socket is full."""
        connection = self._connections.get(outbox)
        if connection is not None:
            connection.check_outbox(self._shared.clock())

    def order_changed(self, order: Order) -> None:
        """Tell everybody who may lose an order that has changed hands."""
        for connection in list(self._connections.values()):
            connection.order_changed(order)

    async def sweep(self) -> None:
        """Go round, for ever."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            now = self._shared.clock()
            for connection in list(self._connections.values()):
                if now >= connection.look_at:
                    connection.sweep(now)

    async def close(self, wait_s: float) -> None:
        """Let nobody in, tell everybody to come back, and give them ``wait_s`` to say goodbye."""
        self._is_closing = True
        everybody = list(self._connections.values())
        for start in range(0, len(everybody), GOODBYES_AT_ONCE):
            for connection in everybody[start : start + GOODBYES_AT_ONCE]:
                connection.hang_up(CloseCode.GOING_AWAY)
            await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), wait_s)
        for connection in list(self._connections.values()):
            connection.abort()

    def _connect(self, transport: asyncio.Transport) -> Connection:
        settings, now = self._settings, self._shared.clock()
        id = f"c_{secrets.token_hex(6)}"
        session = Session(
            id, self._world, now, settings.auth_timeout_s, settings.subscriptions_per_connection
        )
        limit = RateLimit(settings.messages_per_second, settings.message_burst, now)
        write_now = partial(os.write, transport.get_extra_info("socket").fileno())
        outbox = Outbox(transport, write_now, self._flusher)
        connection = Connection(id, session, limit, outbox, transport, self._shared, self._forget)
        self._connections[outbox] = connection
        self._empty.clear()
        return connection

    def _forget(self, connection: Connection) -> None:
        del self._connections[connection.outbox]
        if not self._connections:
            self._empty.set()
