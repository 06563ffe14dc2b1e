"""HTTP connections: how many an address may have, and how many there may be in all.

A WebSocket begins as one of them and goes on counting for its address.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from aiohttp import web

from server.http.publish_handler import AnswerPlain, PublishHandler

FIRST_REQUEST_TIMEOUT_S = 10.0
KEEPALIVE_TIMEOUT_S = 15.0  # between two requests of a connection
CHECK_INTERVAL_S = 2.5
MAX_HTTP_CONNECTIONS = 1000  # that are no WebSockets; then the one idle for longest is dropped


class AddressLimiter:
    """Counts the connections of each address; those of trusted proxies are not limited."""

    def __init__(self, limit: int, trusted_proxies: Collection[str]) -> None:
        self._limit = limit
        self._trusted_proxies = frozenset(trusted_proxies)
        self._counts = Counter[str]()

    def acquire(self, address: str) -> bool:
        """Count one more connection, unless the address has reached the limit."""
        if self._counts[address] >= self._limit and address not in self._trusted_proxies:
            return False
        self._counts[address] += 1
        return True

    def release(self, address: str) -> None:
        """Count one connection less."""
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]

    def client_address(self, peer: str, forwarded_for: str) -> str:
        """Return the client's address: the peer's, unless that is a trusted proxy.

        Of ``X-Forwarded-For`` the last address counts that is no trusted proxy: everything
        before it may be invented by the client.
        """
        addresses = [each.strip() for each in forwarded_for.split(",") if each.strip()]
        while peer in self._trusted_proxies and addresses:
            peer = addresses.pop()
        return peer


class HttpConnections:
    """The HTTP connections of this server that have not been upgraded.

    Those without a request are dropped after a while, also those that stop in the middle of
    its headers, for which aiohttp waits without a limit.  ``clock`` is in seconds.
    """

    def __init__(
        self,
        limiter: AddressLimiter,
        clock: Callable[[], float],
        max_open: int = MAX_HTTP_CONNECTIONS,
    ) -> None:
        self._limiter = limiter
        self._clock = clock
        self._max_open = max_open
        self._open: set[LimitedRequestHandler] = set()
        # The longest idle first, with the time until which they may be.
        self._idle: dict[LimitedRequestHandler, float] = {}

    def protocol_factory(
        self,
        answer_plain: AnswerPlain,
        server: web.Server,
        loop: asyncio.AbstractEventLoop,
        **options: Any,
    ) -> Callable[[], LimitedRequestHandler]:
        """Return what makes the protocol of a new connection."""
        return lambda: LimitedRequestHandler(self, answer_plain, server, loop=loop, **options)

    def add(self, handler: LimitedRequestHandler, address: str) -> bool:
        """Add a connection; False if its address has too many."""
        if not self._limiter.acquire(address):
            return False
        handler.address = address
        self._open.add(handler)
        self._idle[handler] = self._clock() + FIRST_REQUEST_TIMEOUT_S
        if len(self._open) > self._max_open and self._idle:
            longest_idle = next(iter(self._idle))
            self._idle.pop(longest_idle)
            longest_idle.abort()
        return True

    def remove(self, handler: LimitedRequestHandler) -> None:
        """Remove a connection that is lost or has been upgraded."""
        self._open.discard(handler)
        self._idle.pop(handler, None)
        if handler.address is not None:
            self._limiter.release(handler.address)
            handler.address = None

    def on_request(self, handler: object, *, is_over: bool) -> None:
        """Note that a request begins or ends: a connection with a request is not idle."""
        if handler in self._open:
            self._idle.pop(handler, None)
            if is_over:
                self._idle[handler] = self._clock() + KEEPALIVE_TIMEOUT_S

    def abort_expired(self) -> None:
        """Drop connections that have been idle for too long."""
        now = self._clock()
        for handler in [each for each, until in self._idle.items() if now >= until]:
            del self._idle[handler]
            handler.abort()

    async def run(self) -> None:
        """Drop expired connections every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            self.abort_expired()


class LimitedRequestHandler(PublishHandler):
    """aiohttp's protocol of one connection, which counts for its address.

    ``address`` is None if it does not count, or no longer here.
    """

    __slots__ = ("_connections", "address")

    def __init__(self, connections: HttpConnections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections
        self.address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to read requests, or drop the connection if its address has too many."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        if not self._connections.add(self, address):
            self.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop counting."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what cannot be read, without a word of it: it may have a token."""
        return super().handle_error(request, status, exc, message and "Malformed request")

    def abort(self) -> None:
        """Drop the connection."""
        if self.transport is not None:
            self.transport.abort()
