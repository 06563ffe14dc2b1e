"""The HTTP side: each route in a few lines, and one place where problems become answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from protocol.codec import UNREADABLE
from protocol.errors import ErrorCode, Refusal
from protocol.publications import Accepted
from server.admin import Admin
from server.auth import Verifier
from server.brokers.base import Broker, BrokerUnavailable
from server.conversations import Conversations, chat_line
from server.doorstep import Doorstep
from server.gateway import Gateway
from server.idempotency import Idempotency, in_one_word
from server.identity import Identity, Role
from server.metrics import Metrics
from server.nodes.peers import PeersUnavailable
from server.publishing import PUBLISHERS, Publishing
from server.replies import Problem, answer, problem, require
from server.stores.base import Conversation, Store, StoreUnavailable

log = logging.getLogger(__name__)

BODY_BYTES = 1 << 20  # of a publish request, as the protocol limits it
BODY_S = 10.0  # for a body to arrive
PROBE_S = 2.0
MOST_LISTED = 200
TALKERS = frozenset({Role.CUSTOMER, Role.DOCUMENT, Role.AGENT, Role.ADMIN})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Farewell(Struct, frozen=True):
    """How to disconnect a user; ``revoke`` refuses the tokens so far as well."""

    revoke: bool = False


_farewell = msgspec.json.Decoder(Farewell)


class Routes(Struct, frozen=True):
    """What the routes ask of the server's parts."""

    gateway: Gateway
    verifier: Verifier
    publishing: Publishing
    talks: Conversations
    broker: Broker
    store: Store
    admin: Admin
    idempotency: Idempotency[Accepted | Problem]
    metrics: Metrics
    doorstep: Doorstep

    def application(self) -> web.Application:
        """Put the routes together."""

        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.doorstep.asked(request.protocol)
            return await handler(request)

        app = web.Application(client_max_size=BODY_BYTES, middlewares=[note, _problems])
        app.router.add_get("/ws", self.gateway.handle)
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
        app.router.add_get("/metrics", self.exposition)
        return app

    async def publish(self, request: web.Request) -> web.Response:
        """Accept publications from services and admins; once for each Idempotency-Key."""
        who = await require(request, self.verifier, PUBLISHERS)
        async with asyncio.timeout(BODY_S):
            body = await request.read()
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return answer(await self.publishing.accept(body, who))

        async def accept() -> Accepted | Problem:
            try:
                return await self.publishing.accept(body, who, in_one_word(who, key, body))
            except Problem as why:  # an answer like any other: a repeat gets it too
                return why

        outcome = await self.idempotency.once(who, key, body, accept)
        return outcome.response() if isinstance(outcome, Problem) else answer(outcome)

    async def conversations(self, request: web.Request) -> web.Response:
        """List the conversations that the asker may read, the latest spoken in first."""
        who = await require(request, self.verifier, TALKERS)
        found = await self.talks.open_to(who, MOST_LISTED)
        return answer({"conversations": [_listed(conversation) for conversation in found]})

    async def messages(self, request: web.Request) -> web.Response:
        """Read the last messages of one conversation, oldest first."""
        who = await require(request, self.verifier, TALKERS)
        lines = await self.talks.lines(who, request.match_info["id"], MOST_LISTED)
        return answer({"messages": [chat_line(line) for line in lines]})

    async def connections(self, request: web.Request) -> web.Response:
        """List the tenant's connections, or those of the user in ``?user_id=``."""
        admin = await self._admin(request)
        return answer(await self.admin.connections(admin, request.query.get("user_id")))

    async def channels(self, request: web.Request) -> web.Response:
        """List the channels that the tenant's connections hear."""
        return answer(await self.admin.channels(await self._admin(request)))

    async def nodes(self, request: web.Request) -> web.Response:
        """Describe every node as the monitor's ``stats`` do."""
        await self._admin(request)
        return answer(self.admin.nodes())

    async def access(self, request: web.Request) -> web.Response:
        """Tell why a client does or does not hear the channel in ``?channel=``."""
        admin = await self._admin(request)
        name = request.query.get("channel", "")
        return answer(await self.admin.access(admin, request.match_info["id"], name))

    async def disconnect(self, request: web.Request) -> web.Response:
        """Hang up on one connection."""
        admin = await self._admin(request)
        number = await self.admin.disconnect(admin, request.match_info["id"])
        return answer({"disconnected": number})

    async def disconnect_user(self, request: web.Request) -> web.Response:
        """Hang up on all connections of a user."""
        admin = await self._admin(request)
        body = await request.read()
        try:
            how = _farewell.decode(body) if body else Farewell()
        except UNREADABLE as why:
            raise Problem(422, "invalid_body", str(why)) from None
        number = await self.admin.disconnect_user(admin, request.match_info["id"], how.revoke)
        return answer({"disconnected": number})

    async def exposition(self, request: web.Request) -> web.Response:
        """Tell Prometheus the server's figures."""
        body, content_type = self.metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(self, _request: web.Request) -> web.Response:
        """Say that the process is alive."""
        return answer({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Say whether what is published now would be delivered: a probe through each part."""
        if self.gateway.is_closing:
            return problem(503, "unavailable", "The server is stopping")
        try:
            async with asyncio.timeout(PROBE_S):
                await self.broker.probe()
                await self.store.probe()
        except (BrokerUnavailable, StoreUnavailable, TimeoutError):
            return problem(503, "unavailable", "The broker or the store does not answer")
        return answer({"status": "ready"})

    async def _admin(self, request: web.Request) -> Identity:
        who = await require(request, self.verifier, {Role.ADMIN})
        if not who.is_admin_of(who.tenant_id):
            raise Problem(403, "forbidden", "This token names no tenant")
        return who


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every problem as JSON; what exists is no business of a stranger's."""
    try:
        return await handler(request)
    except Problem as why:
        return why.response()
    except Refusal as why:
        status = 403 if why.code is ErrorCode.FORBIDDEN else 422
        return problem(status, why.code, why.message)
    except (BrokerUnavailable, StoreUnavailable, PeersUnavailable):
        return problem(503, "unavailable", "This cannot be done now, try again", retry_after=1)
    except TimeoutError:
        return problem(408, "too_slow", "The request did not arrive in time")
    except ConnectionError:
        return problem(400, "gone", "The client is gone")
    except web.RequestPayloadError:
        return problem(400, "invalid_body", "The body is not encoded as its headers say")
    except web.HTTPException as why:
        code = why.reason.lower().replace(" ", "_")
        return problem(why.status, code, why.reason)
    except Exception:  # the last resort: a fault of ours, told without details
        log.exception("a request to %s failed", request.path)
        return problem(500, "internal", "The server failed")


def _listed(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "customer": {"id": conversation.customer_id, "name": conversation.customer_name},
        "agent_id": conversation.agent_id or None,
        "last_message": chat_line(conversation.last) if conversation.last else None,
    }
