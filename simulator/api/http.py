"""HTTP server of the control API, on the loopback interface, for admins of the tenant.

Errors are JSON: ``{"error": {"code", "message"}}``, with ``field`` if a field of the command is
invalid.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import jwt
from aiohttp import web

from common.http_api import (
    ErrorBody,
    bearer_token,
    error_of_http_exception,
    error_response,
    json_response,
)
from protocol import codec
from protocol.simulator_api import Command, CommandResponse, ScenarioList, ShopState
from simulator.api.commands import MalformedCommand, parse_command
from simulator.errors import CommandRejected

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
SHUTDOWN_TIMEOUT_S = 0.5
MAX_BODY_BYTES = 1 << 14  # bytes of a command; the longest valid one has about 3,000

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SimulatorBackend(Protocol):
    """The simulation, as the HTTP API needs it."""

    def state(self) -> ShopState:
        """Return the state of the shop."""

    def scenarios(self) -> ScenarioList:
        """Return all scenarios."""

    async def execute(self, command: Command) -> CommandResponse:
        """Execute a command.

        Raises:
            CommandRejected: it cannot be executed.
        """


class SimulatorHttpServer:
    """HTTP server of one simulation; ``secret`` is the key of the admins' tokens."""

    def __init__(self, backend: SimulatorBackend, *, secret: str, tenant: str) -> None:
        self._backend, self._secret, self._tenant = backend, secret, tenant
        app = web.Application(
            middlewares=[_json_errors, self._require_admin], client_max_size=MAX_BODY_BYTES
        )
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/state", self._state)
        app.router.add_get("/scenarios", self._scenarios)
        app.router.add_post("/control", self._control)
        # aiohttp's own log has the lines of requests that it cannot read, and with them tokens.
        aiohttp_log = logging.getLogger("muted.aiohttp")
        aiohttp_log.setLevel(logging.CRITICAL)
        self._runner = web.AppRunner(
            app, access_log=None, logger=aiohttp_log, shutdown_timeout=SHUTDOWN_TIMEOUT_S
        )

    async def start(self, port: int) -> int:
        """Listen on a port, 0 for any free one; return the port.

        Raises:
            OSError: the port is in use.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        _, bound_port = self._runner.addresses[0]
        return int(bound_port)

    async def stop(self) -> None:
        """Stop listening and close all connections."""
        await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _json_response({"status": "ok"})

    async def _state(self, _request: web.Request) -> web.Response:
        return _json_response(self._backend.state())

    async def _scenarios(self, _request: web.Request) -> web.Response:
        return _json_response(self._backend.scenarios())

    async def _control(self, request: web.Request) -> web.Response:
        try:
            command = parse_command(await request.read())
            return _json_response(await self._backend.execute(command))
        except MalformedCommand:
            error = ErrorBody("bad_request", "The body must be a JSON object")
            return _error_response(400, error)
        except CommandRejected as rejected:
            error = ErrorBody("invalid", str(rejected), rejected.field)
            return _error_response(422, error)

    @web.middleware
    async def _require_admin(
        self, request: web.Request, handler: RequestHandler
    ) -> web.StreamResponse:
        if request.path == "/healthz":
            return await handler(request)
        error = self._authorization_error(request.headers.get("Authorization", ""))
        return await handler(request) if error is None else _error_response(*error)

    def _authorization_error(self, authorization: str) -> tuple[int, ErrorBody] | None:
        try:
            claims = jwt.decode(
                bearer_token(authorization),
                self._secret,
                algorithms=["HS256"],
                # The audience names the server; its admins may use this API, too.
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
    except web.HTTPException as exception:
        return _error_response(exception.status, error_of_http_exception(exception))
    except Exception:  # a bug: the details are for the log alone
        log.exception("unhandled error in a request to %s", request.path)
        return _error_response(500, ErrorBody("internal", "The simulator failed"))


def _error_response(status: int, error: ErrorBody) -> web.Response:
    return error_response(status, error, charset="utf-8")


def _json_response(body: object) -> web.Response:
    return json_response(codec.encode_json(body), charset="utf-8")
