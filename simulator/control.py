"""HTTP API of the simulator, on loopback, for admins of the tenant.

Errors are JSON as the server's are: ``{"error": {"code", "message"}}``, and ``field`` where a
field of a command is wrong.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import jwt
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from protocol import codec
from simulator import commands
from simulator.commands import Command, Refused, Unreadable
from simulator.state import Done, Scenarios, State

HOST = "127.0.0.1"
CLOSING_S = 0.5
LONGEST = 1 << 14  # bytes of a command; the longest valid one has some three thousand

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Shopkeeper(Protocol):
    """What the HTTP API needs of the simulation."""

    def state(self) -> State:
        """Return the state of the shop."""

    def scenarios(self) -> Scenarios:
        """Return all scenarios."""

    def do(self, command: Command) -> Done:
        """Execute a command.

        Raises:
            Refused: it cannot be done.
        """


class Problem(Struct, frozen=True, omit_defaults=True):
    """Body of an error response."""

    code: str
    message: str
    field: str | UnsetType = UNSET


class Control:
    """HTTP server for a simulation."""

    def __init__(self, shopkeeper: Shopkeeper, *, secret: str, tenant: str) -> None:
        self._shopkeeper, self._secret, self._tenant = shopkeeper, secret, tenant
        app = web.Application(middlewares=[_problems, self._admins], client_max_size=LONGEST)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/state", self._state)
        app.router.add_get("/scenarios", self._scenarios)
        app.router.add_post("/control", self._control)
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

    async def _state(self, _request: web.Request) -> web.Response:
        return _answer(200, self._shopkeeper.state())

    async def _scenarios(self, _request: web.Request) -> web.Response:
        return _answer(200, self._shopkeeper.scenarios())

    async def _control(self, request: web.Request) -> web.Response:
        try:
            return _answer(200, self._shopkeeper.do(commands.read(await request.read())))
        except Unreadable:
            return _refuse(400, Problem("bad_request", "The body must be a JSON object"))
        except Refused as why:
            return _refuse(422, Problem("invalid", str(why), why.field))

    @web.middleware
    async def _admins(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/healthz":
            return await handler(request)
        problem = self._problem_with(request.headers.get("Authorization", ""))
        return await handler(request) if problem is None else _refuse(*problem)

    def _problem_with(self, authorization: str) -> tuple[int, Problem] | None:
        scheme, _, token = authorization.partition(" ")
        try:
            claims = jwt.decode(
                token.strip() if scheme.lower() == "bearer" else "",
                self._secret,
                algorithms=["HS256"],
                # The audience is checked by the server, if configured.
                options={"require": ["exp"], "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            return 401, Problem("unauthenticated", "An admin's bearer token is required")
        if (claims.get("role"), claims.get("tenant_id")) != ("admin", self._tenant):
            return 403, Problem("forbidden", "Only admins of this tenant are allowed")
        return None


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as why:
        code = why.reason.lower().replace(" ", "_")
        return _refuse(why.status, Problem(code, why.reason))


def _refuse(status: int, problem: Problem) -> web.Response:
    return _answer(status, {"error": problem})


def _answer(status: int, body: object) -> web.Response:
    return web.Response(
        status=status, body=codec.write(body), content_type="application/json", charset="utf-8"
    )
