"""The simulator over HTTP, on loopback: ``GET /state`` for the tenant's admins.

Refusals are JSON as the server's are: ``{"error": {"code", "message"}}``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import jwt
from aiohttp import web

from protocol import codec
from simulator.state import State

HOST = "127.0.0.1"
CLOSING_S = 0.5


class Control:
    """A web server around a function that describes the shop."""

    def __init__(self, describe: Callable[[], State], *, secret: str, tenant: str) -> None:
        self._describe, self._secret, self._tenant = describe, secret, tenant
        app = web.Application(middlewares=[_problems])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/state", self._state)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING_S)

    async def open(self, port: int) -> int:
        """Listen on a port of the loopback interface, 0 for any; return which one it is.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        _, taken = self._runner.addresses[0]
        return int(taken)

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _answer(200, {"status": "ok"})

    async def _state(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request.headers.get("Authorization", "")):
            return refusal
        return _answer(200, self._describe())

    def _refusal(self, authorization: str) -> web.Response | None:
        scheme, _, token = authorization.partition(" ")
        try:
            claims = jwt.decode(
                token.strip() if scheme.lower() == "bearer" else "",
                self._secret,
                algorithms=["HS256"],
                # Whom a token is for is the server's to check, where that is configured.
                options={"require": ["exp"], "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return _problem(401, "unauthenticated", "Send the bearer token of an admin")
        if (claims.get("role"), claims.get("tenant_id")) != ("admin", self._tenant):
            return _problem(403, "forbidden", "Only this shop's admins may look")
        return None


@web.middleware
async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as why:
        return _problem(why.status, why.reason.lower().replace(" ", "_"), why.reason)


def _problem(status: int, code: str, message: str) -> web.Response:
    return _answer(status, {"error": {"code": code, "message": message}})


def _answer(status: int, body: object) -> web.Response:
    return web.Response(
        status=status, body=codec.write(body), content_type="application/json", charset="utf-8"
    )
