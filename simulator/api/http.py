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
from protocol.simulator_api import Command, CommandResponse, ScenarioList, ShopState
from simulator.api import commands
from simulator.api.commands import MalformedCommand
from simulator.errors import CommandRejected

HOST = "127.0.0.1"
SHUTDOWN_TIMEOUT_S = 0.5
MAX_BODY_BYTES = 1 << 14  # bytes of a command; the longest valid one has some three thousand

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SimulatorBackend(Protocol):
    """What the HTTP API needs of the simulation."""

    def state(self) -> ShopState:
        """Return the state of the shop."""

    def scenarios(self) -> ScenarioList:
        """Return all scenarios."""

    def execute(self, command: Command) -> CommandResponse:
        """Execute a command.

        Raises:
            Refused: it cannot be done.
        """


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """Body of an error response."""

    code: str
    message: str
    field: str | UnsetType = UNSET


class SimulatorHttpServer:
    """HTTP server for a simulation."""

    def __init__(self, backend: SimulatorBackend, *, secret: str, tenant: str) -> None:
        self._backend, self._secret, self._tenant = backend, secret, tenant
        app = web.Application(
            middlewares=[_json_errors, self._require_admin], client_max_size=MAX_BODY_BYTES
        )
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/state", self._state)
        app.router.add_get("/scenarios", self._scenarios)
        app.router.add_post("/control", self._control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S)

    async def start(self, port: int) -> int:
        """Listen on a port of the loopback interface, 0 for any; return which one it is.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        _, taken = self._runner.addresses[0]
        return int(taken)

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _json_response(200, {"status": "ok"})

    async def _state(self, _request: web.Request) -> web.Response:
        return _json_response(200, self._backend.state())

    async def _scenarios(self, _request: web.Request) -> web.Response:
        return _json_response(200, self._backend.scenarios())

    async def _control(self, request: web.Request) -> web.Response:
        try:
            return _json_response(
                200, self._backend.execute(commands.parse_command(await request.read()))
            )
        except MalformedCommand:
            return _error_response(400, ErrorBody("bad_request", "The body must be a JSON object"))
        except CommandRejected as why:
            return _error_response(422, ErrorBody("invalid", str(why), why.field))

    @web.middleware
    async def _require_admin(
        self, request: web.Request, handler: RequestHandler
    ) -> web.StreamResponse:
        if request.path == "/healthz":
            return await handler(request)
        problem = self._authorization_error(request.headers.get("Authorization", ""))
        return await handler(request) if problem is None else _error_response(*problem)

    def _authorization_error(self, authorization: str) -> tuple[int, ErrorBody] | None:
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
            return 401, ErrorBody("unauthenticated", "An admin's bearer token is required")
        if (claims.get("role"), claims.get("tenant_id")) != ("admin", self._tenant):
            return 403, ErrorBody("forbidden", "Only admins of this tenant are allowed")
        return None


@web.middleware
async def _json_errors(request: web.Request, handler: RequestHandler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as why:
        code = why.reason.lower().replace(" ", "_")
        return _error_response(why.status, ErrorBody(code, why.reason))


def _error_response(status: int, error: ErrorBody) -> web.Response:
    return _json_response(status, {"error": error})


def _json_response(status: int, body: object) -> web.Response:
    return web.Response(
        status=status,
        body=codec.encode_json(body),
        content_type="application/json",
        charset="utf-8",
    )
