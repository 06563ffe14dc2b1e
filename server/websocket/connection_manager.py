"""Accepts WebSocket handshakes, and keeps the connections of this node until they are lost."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterator

from aiohttp import hdrs, web

from protocol.close_codes import CloseCode
from server.http.http_connections import AddressLimiter, LimitedRequestHandler
from server.http.responses import error_response
from server.session.dispatcher import ConnectionContext
from server.session.rate_limit import RateLimit
from server.session.session import Session, SessionBackend
from server.settings import Settings
from server.websocket.batch_writer import BatchWriter
from server.websocket.connection import ServerConnection
from server.websocket.handshake import VERSION, InvalidHandshake, check_handshake, hijack
from server.websocket.transport_socket import TransportSocket

MAINTENANCE_INTERVAL_S = 0.5
CLOSE_BATCH_SIZE = 500  # connections closed in one iteration of the event loop


class ConnectionManager:
    """The connections of this node: accepts them, checks their timeouts and closes them all."""

    def __init__(
        self,
        settings: Settings,
        context: ConnectionContext,
        session_backend: SessionBackend,
        writer: BatchWriter,
        address_limiter: AddressLimiter,
    ) -> None:
        self._address_limiter = address_limiter
        self._settings = settings
        self._context = context
        self._session_backend = session_backend
        self._writer = writer
        self._connections: dict[ServerConnection, str | None] = {}  # the oldest first; addresses
        self._is_closing = False
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    @property
    def is_closing(self) -> bool:
        """Tell whether the server is shutting down."""
        return self._is_closing

    def open_connections(self) -> Iterator[ServerConnection]:
        """Iterate over the connections that are not closing."""
        return (each for each in list(self._connections) if each.is_open)

    async def handle_upgrade(self, request: web.Request) -> web.StreamResponse:
        """Answer ``GET /ws``.

        Rejects with 403 a page of another origin, with 503 when the server is full or shutting
        down or the client's address has too many connections, and with 400 what is no WebSocket
        handshake.
        """
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest
        origin = request.headers.get("Origin")
        port = transport.get_extra_info("sockname")[1]
        if origin is not None and origin not in self._settings.origins_for(port):
            return self._refuse(error_response(403, "forbidden", "Origin not allowed"))
        if self._is_closing or len(self._connections) >= self._settings.connections:
            return self._refuse(_unavailable("Server at capacity"))
        try:
            check_handshake(request)
        except InvalidHandshake as why:
            response = error_response(400, "bad_request", str(why))
            response.headers[hdrs.SEC_WEBSOCKET_VERSION] = VERSION
            return self._refuse(response)
        is_allowed, address = self._claim_address(request)
        if not is_allowed:
            return self._refuse(_unavailable("Too many connections of this address"))
        connection = self._accept(transport)
        self._connections[connection] = address
        # Before what the client may have sent behind its request without waiting.
        connection.start(request.query.get("token"))
        return hijack(request, transport, connection)

    async def run_maintenance(self) -> None:
        """Check the timeouts of all connections, until cancelled."""
        while True:
            await asyncio.sleep(MAINTENANCE_INTERVAL_S)
            self._writer.close_slow_consumers(time.monotonic())
            now = self._context.monotonic()
            for connection in list(self._connections):
                if now >= connection.next_check_at:
                    connection.check_timeouts(now)

    async def close_all(self) -> None:
        """Accept no more connections, and send a close frame on each there is."""
        self._is_closing = True
        connections = list(self._connections)
        for start in range(0, len(connections), CLOSE_BATCH_SIZE):
            for connection in connections[start : start + CLOSE_BATCH_SIZE]:
                connection.close(CloseCode.GOING_AWAY)
            await asyncio.sleep(0)

    async def wait_until_all_closed(self) -> None:
        """Wait until every client has closed its connection."""
        await self._all_closed.wait()

    def abort_all(self) -> None:
        """Drop the connections whose clients have not closed them."""
        for connection in list(self._connections):
            connection.abort()

    def _refuse(self, response: web.Response) -> web.Response:
        """Count a handshake that is answered with an error."""
        self._context.connection_monitor.on_handshake_refused()
        return response

    def _claim_address(self, request: web.Request) -> tuple[bool, str | None]:
        """Have a connection count for its client's address; returns whether it may, and which."""
        handler = request.protocol
        if not isinstance(handler, LimitedRequestHandler) or handler.address is None:
            return True, None
        peer, limiter = handler.address, self._address_limiter
        client = limiter.client_address(
            peer, ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        )
        if client == peer:
            handler.address = None  # it goes on counting, for the WebSocket
            return True, peer
        return limiter.acquire(client), client

    def _accept(self, transport: asyncio.Transport) -> ServerConnection:
        settings, now = self._settings, self._context.monotonic()
        id = f"c_{secrets.token_hex(6)}"
        session = Session(
            id,
            self._session_backend,
            now,
            settings.auth_timeout_s,
            settings.subscriptions_per_connection,
            settings.replay_kb_per_second * 1000,
        )
        connection = ServerConnection(
            id,
            session,
            RateLimit(settings.messages_per_second, settings.message_burst, now),
            transport,
            TransportSocket(transport),
            self._writer,
            self._context,
            self._remove,
        )
        self._all_closed.clear()
        return connection

    def _remove(self, connection: ServerConnection) -> None:
        address = self._connections.pop(connection)
        if address is not None:
            self._address_limiter.release(address)
        if not self._connections:
            self._all_closed.set()


def _unavailable(message: str) -> web.Response:
    return error_response(503, "unavailable", message, retry_after=5)
