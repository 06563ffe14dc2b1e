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
from protocol.event_payloads import ChatMessagePayload
from protocol.messages import SendChatPayload
from protocol.publications import Publication, StreamPosition
from server.auth.identity import Identity
from server.auth.jwt_verifier import JwtVerifier
from server.http.responses import error_response
from server.pubsub.brokers.base import Recovery
from server.services.chat import ChatService
from server.services.order_owners import OrderOwners
from server.session.dispatcher import ConnectionContext
from server.session.rate_limit import RateLimit
from server.session.session import Session
from server.settings import Settings
from server.stores.base import OrderOwnership
from server.websocket.batch_writer import BatchWriter
from server.websocket.connection import ServerConnection
from server.websocket.handshake import hijack, is_valid_handshake
from server.websocket.send_queue import SendQueue

MAINTENANCE_INTERVAL_S = 0.5
CLOSE_BATCH_SIZE = 500  # connections told to go in one turn of the loop


class SessionServices(Struct, frozen=True):
    """What sessions ask about, answered by the parts of this server."""

    verifier: JwtVerifier
    order_owners: OrderOwners
    chat: ChatService
    context: ConnectionContext

    async def verify_token(self, token: str) -> Identity:
        """Verify a token."""
        return await self.verifier.verify(token)

    async def find_order_owner(self, order_id: str) -> OrderOwnership | None:
        """Return whose an order is."""
        return await self.order_owners.find(order_id)

    async def subscribe(self, channel: Channel) -> None:
        """Have a channel delivered here."""
        await self.context.broker.subscribe(channel)

    async def latest(self, channel: Channel) -> Publication | None:
        """Return what a channel brought last."""
        return await self.context.broker.latest(channel)

    async def recover(self, channel: Channel, since: StreamPosition | None) -> Recovery:
        """Tell where a channel stands, and what it brought since.

        What would take a client to its outbox' limit is as good as forgotten: it would be
        hung up on, come back, and be hung up on again.
        """
        found = await self.context.broker.recover(channel, since)
        if sum(len(each.message) for each in found.missed) > self.context.send_queue_bytes // 2:
            return replace(found, recovered=False, missed=())
        return found

    async def post_chat_message(
        self, identity: Identity, payload: SendChatPayload, connection_id: str
    ) -> tuple[ChatMessagePayload, tuple[Publication, ...]]:
        """Keep what was said."""
        return await self.chat.post(identity, payload, connection_id, self.context.clock())


class ConnectionManager:
    """Opens sockets, sweeps them and, in the end, closes them all."""

    def __init__(self, settings: Settings, services: SessionServices, writer: BatchWriter) -> None:
        self._settings = settings
        self._services = services
        self._context = services.context
        self._connections: dict[SendQueue, ServerConnection] = {}
        self._is_closing = False
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._writer = writer
        writer.on_blocked.append(self.close_if_slow)

    @property
    def is_closing(self) -> bool:
        """Tell whether the server is stopping."""
        return self._is_closing

    def open_connections(self) -> Iterator[ServerConnection]:
        """Go through those who are inside and not on their way out."""
        return (each for each in list(self._connections.values()) if each.is_open)

    async def handle_upgrade(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET /ws``.

        Refuses with 403 a page of a foreign origin, with 503 when the server is full or
        stopping, and with 400 what is no WebSocket handshake.
        """
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest
        origin = request.headers.get("Origin")
        port = transport.get_extra_info("sockname")[1]
        if origin is not None and origin not in self._settings.origins_for(port):
            return error_response(403, "forbidden", "Pages of this origin may not connect")
        if self._is_closing or len(self._connections) >= self._settings.connections:
            return error_response(
                503, "unavailable", "No connection is to be had now", retry_after=5
            )
        if not is_valid_handshake(request):
            return error_response(400, "bad_request", "This address speaks WebSocket")
        connection = self._accept(transport)
        response = hijack(request, transport, connection)
        connection.start(request.query.get("token"))
        return response

    def close_if_slow(self, queue: SendQueue) -> None:
        """Look at a client whose socket is full."""
        connection = self._connections.get(queue)
        if connection is not None:
            connection.close_if_slow(self._context.clock())

    def on_order_owner_changed(self, ownership: OrderOwnership) -> None:
        """Tell everybody who may lose an order that has changed hands."""
        for connection in list(self._connections.values()):
            connection.on_order_owner_changed(ownership)

    async def run_maintenance(self) -> None:
        """Go round, for ever."""
        while True:
            await asyncio.sleep(MAINTENANCE_INTERVAL_S)
            now = self._context.clock()
            for connection in list(self._connections.values()):
                if now >= connection.next_check_at:
                    connection.check_timeouts(now)

    async def close(self, timeout_s: float) -> None:
        """Let nobody in, tell everybody to come back, and give them ``wait_s`` to say goodbye."""
        self._is_closing = True
        connections = list(self._connections.values())
        for start in range(0, len(connections), CLOSE_BATCH_SIZE):
            for connection in connections[start : start + CLOSE_BATCH_SIZE]:
                connection.close(CloseCode.GOING_AWAY)
            await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), timeout_s)
        for connection in list(self._connections.values()):
            connection.abort()

    def _accept(self, transport: asyncio.Transport) -> ServerConnection:
        settings, now = self._settings, self._context.clock()
        id = f"c_{secrets.token_hex(6)}"
        session = Session(
            id, self._services, now, settings.auth_timeout_s, settings.subscriptions_per_connection
        )
        rate_limit = RateLimit(settings.messages_per_second, settings.message_burst, now)
        write_now = partial(os.write, transport.get_extra_info("socket").fileno())
        queue = SendQueue(transport, write_now, self._writer)
        connection = ServerConnection(
            id, session, rate_limit, queue, transport, self._context, self._remove
        )
        self._connections[queue] = connection
        self._all_closed.clear()
        return connection

    def _remove(self, connection: ServerConnection) -> None:
        del self._connections[connection.send_queue]
        if not self._connections:
            self._all_closed.set()
