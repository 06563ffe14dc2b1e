"""The routes, and the middleware that responds to every exception."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from common.http_api import error_of_http_exception
from protocol.admin_api import DisconnectRequest
from protocol.codec import DECODE_ERRORS, encode_json
from protocol.errors import RequestError
from protocol.publications import PublishResponse
from server.auth.identity import Identity, KeysUnavailable, Role
from server.auth.jwt_verifier import JwtVerifier
from server.cluster.cluster import ClusterUnavailable
from server.errors import ApiError, ApiErrorCode
from server.http.http_connections import HttpConnections
from server.http.plain_requests import PlainRequest, ResponseEncoder
from server.http.probes import Probes
from server.http.responses import (
    api_error_response,
    error_response,
    json_response,
    request_error_response,
    require_role,
)
from server.monitoring.counters import Counters
from server.pubsub.brokers.base import BrokerUnavailable
from server.services.admin import AdminService
from server.services.chat import ChatService, message_body
from server.services.idempotency import Idempotency, request_fingerprint
from server.services.publishing import PUBLISHER_ROLES, PublishService
from server.stores.base import Conversation, StoreUnavailable
from server.websocket.connection_manager import ConnectionManager

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1 << 20  # of a publish request, as the protocol limits it
BODY_TIMEOUT_S = 10.0  # for a body to arrive
MAX_CHAT_LISTED = 200  # conversations, or messages of one, in a response
JSON_HEADERS = (("Content-Type", "application/json"),)
CHAT_ROLES = frozenset({Role.CUSTOMER, Role.NONE, Role.AGENT, Role.ADMIN})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_disconnect_decoder = msgspec.json.Decoder(DisconnectRequest)


class Routes(Struct, frozen=True):
    """The routes, and the parts of the server that they use."""

    connection_manager: ConnectionManager
    verifier: JwtVerifier
    publish_service: PublishService
    chat: ChatService
    admin: AdminService
    idempotency: Idempotency[PublishResponse]
    probes: Probes
    counters: Counters
    http_connections: HttpConnections
    encoder: ResponseEncoder

    def make_app(self) -> web.Application:
        """Make the application with all routes."""

        @web.middleware
        async def count_request(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.http_connections.on_request(request.protocol, is_over=False)
            try:
                response = await handler(request)
            finally:
                self.http_connections.on_request(request.protocol, is_over=True)
            self._count_failure(response)
            return response

        app = web.Application(
            client_max_size=MAX_BODY_BYTES, middlewares=[count_request, _error_middleware]
        )
        app.router.add_get("/ws", self.connection_manager.handle_upgrade)
        app.router.add_post("/api/publish", self.publish)
        app.router.add_get("/api/conversations", self.conversations)
        app.router.add_get("/api/conversations/{id}/messages", self.messages)
        app.router.add_get("/api/connections", self.connections)
        app.router.add_delete("/api/connections/{id}", self.disconnect)
        app.router.add_get("/api/connections/{id}/access", self.access)
        app.router.add_post("/api/users/{id}/disconnect", self.disconnect_user)
        app.router.add_get("/api/channels", self.channels)
        app.router.add_get("/api/nodes", self.nodes)
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.prometheus_metrics)
        return app

    async def publish(self, request: web.Request) -> web.Response:
        """Publish what a service or an admin sends; once for each ``Idempotency-Key``."""
        identity = await require_role(_authorization(request), self.verifier, PUBLISHER_ROLES)
        body = await _read_body(request)
        key = request.headers.get("Idempotency-Key")
        return json_response(await self._publish(identity, key, body))

    async def answer_plain(self, connection: object, request: PlainRequest) -> bytes:
        """Do the same for a plain request; returns the encoded response."""
        self.http_connections.on_request(connection, is_over=False)
        try:
            identity = await require_role(request.authorization, self.verifier, PUBLISHER_ROLES)
            result = await self._publish(identity, request.idempotency_key, request.body)
        except Exception as why:  # noqa: BLE001 - there is a response to each
            response = _response_to(why, "/api/publish")
            self._count_failure(response)
            body = response.body if isinstance(response.body, bytes) else b""
            headers = response.headers.items()
            return self.encoder.encode(response.status, response.reason, headers, body)
        finally:
            self.http_connections.on_request(connection, is_over=True)
        return self.encoder.encode(200, "OK", JSON_HEADERS, encode_json(result))

    async def _publish(self, identity: Identity, key: str | None, body: bytes) -> PublishResponse:
        if key is None:
            return await self.publish_service.publish(body, identity)

        async def publish_once() -> PublishResponse:
            return await self.publish_service.publish(
                body, identity, request_fingerprint(identity, key, body)
            )

        return await self.idempotency.run_once(identity, key, body, publish_once)

    async def conversations(self, request: web.Request) -> web.Response:
        """List the conversations that the user may read, the latest first."""
        identity = await require_role(_authorization(request), self.verifier, CHAT_ROLES)
        found = await self.chat.list_for(identity, MAX_CHAT_LISTED)
        return json_response(
            {"conversations": [_conversation_json(conversation) for conversation in found]}
        )

    async def messages(self, request: web.Request) -> web.Response:
        """Read the last messages of one conversation, oldest first."""
        identity = await require_role(_authorization(request), self.verifier, CHAT_ROLES)
        messages = await self.chat.messages(identity, request.match_info["id"], MAX_CHAT_LISTED)
        return json_response({"messages": [message_body(message) for message in messages]})

    async def connections(self, request: web.Request) -> web.Response:
        """List the tenant's connections, or those of the user in ``?user_id=``."""
        admin = await self._require_admin(request)
        return json_response(await self.admin.connections(admin, request.query.get("user_id")))

    async def channels(self, request: web.Request) -> web.Response:
        """List the channels of the tenant's connections."""
        return json_response(await self.admin.channels(await self._require_admin(request)))

    async def nodes(self, request: web.Request) -> web.Response:
        """Describe every node, as the monitor's ``stats`` message does."""
        return json_response(await self.admin.nodes(await self._require_admin(request)))

    async def access(self, request: web.Request) -> web.Response:
        """Explain a connection's access to the channel in ``?channel=``."""
        admin = await self._require_admin(request)
        name = request.query.get("channel", "")
        return json_response(await self.admin.access(admin, request.match_info["id"], name))

    async def disconnect(self, request: web.Request) -> web.Response:
        """Close a connection."""
        admin = await self._require_admin(request)
        return json_response(await self.admin.disconnect(admin, request.match_info["id"]))

    async def disconnect_user(self, request: web.Request) -> web.Response:
        """Close all connections of a user."""
        admin = await self._require_admin(request)
        body = await _read_body(request)
        try:
            options = _disconnect_decoder.decode(body) if body else DisconnectRequest()
        except DECODE_ERRORS as why:
            raise ApiError(ApiErrorCode.INVALID_BODY, str(why)) from None
        user_id = request.match_info["id"]
        return json_response(await self.admin.disconnect_user(admin, user_id, options.revoke))

    async def prometheus_metrics(self, request: web.Request) -> web.Response:
        """Respond with the server's metrics, for Prometheus."""
        body, content_type = await self.probes.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(self, _request: web.Request) -> web.Response:
        """Respond while the process is alive."""
        return json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Respond with 200 if everything works that delivers publications to clients."""
        if self.connection_manager.is_closing:
            return error_response(503, "unavailable", "The server is stopping")
        if problem := await self.probes.find_problem():
            return error_response(503, "unavailable", problem)
        return json_response({"status": "ready"})

    def _count_failure(self, response: web.StreamResponse) -> None:
        if response.status in (401, 403):
            self.counters.auth_failures[str(response.status)] += 1

    async def _require_admin(self, request: web.Request) -> Identity:
        identity = await require_role(_authorization(request), self.verifier, {Role.ADMIN})
        if not identity.is_admin_of(identity.tenant_id):
            raise ApiError(ApiErrorCode.FORBIDDEN, "This token names no tenant")
        return identity


@web.middleware
async def _error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as why:  # noqa: BLE001 - there is a response to each
        return _response_to(why, request.path)


def _response_to(error: Exception, path: str) -> web.Response:
    """Respond to any exception with a JSON error that gives no details away."""
    match error:
        case ApiError():
            return api_error_response(error)
        case RequestError():
            return request_error_response(error)
        case BrokerUnavailable() | StoreUnavailable() | ClusterUnavailable() | KeysUnavailable():
            return error_response(
                503, "unavailable", "This cannot be done now, try again", retry_after=1
            )
        case TimeoutError():
            return error_response(408, "too_slow", "The request did not arrive in time")
        case ConnectionError():
            return error_response(400, "gone", "Client disconnected")
        case web.RequestPayloadError():
            return error_response(400, "invalid_body", "The body is not encoded as its headers say")
        case web.HTTPException():
            described = error_of_http_exception(error)
            return error_response(error.status, described.code, described.message)
        case _:  # a bug: the details are for the log alone
            log.error("unhandled error in a request to %s", path, exc_info=error)
            return error_response(500, "internal", "The server failed")


def _authorization(request: web.Request) -> str:
    return request.headers.get("Authorization", "")


async def _read_body(request: web.Request) -> bytes:
    """Read the body, within `BODY_TIMEOUT_S` if part of it has not arrived yet."""
    if request.content.is_eof():
        return await request.read()
    async with asyncio.timeout(BODY_TIMEOUT_S):
        return await request.read()


def _conversation_json(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "customer": {"id": conversation.customer_id, "name": conversation.customer_name},
        "agent_id": conversation.agent_id or None,
        "last_message": message_body(conversation.last_message)
        if conversation.last_message
        else None,
    }
