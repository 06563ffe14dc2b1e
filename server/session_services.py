"""What sessions ask of the rest of the server, answered by its parts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.event_payloads import ChatMessagePayload
from protocol.messages import SendChatPayload
from protocol.publications import StreamPosition
from server.auth.identity import Identity
from server.auth.jwt_verifier import JwtVerifier
from server.cluster.connection_limits import ConnectionLimiter
from server.pubsub.brokers.base import Broker, BrokerUnavailable, PendingRecovery, Recovery
from server.services.chat import ChatService
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership

log = logging.getLogger(__name__)


class _BoundedRecovery(Struct, frozen=True):
    """A recovery that counts as impossible if it has too much.

    The client would become a slow consumer, be closed, come back, and be closed again.
    """

    pending: PendingRecovery
    max_bytes: int

    def finish(self) -> Recovery:
        """Return the recovery as of now."""
        found = self.pending.finish()
        if sum(len(each.message) for each in found.missed) > self.max_bytes:
            return replace(found, recovered=False, missed=())
        return found


class SessionServices(Struct, frozen=True):
    """The `SessionBackend` of this server; ``clock`` is in seconds since the epoch.

    No more than ``max_recovered_bytes`` are recovered at once.
    """

    verifier: JwtVerifier
    order_owners: OrderOwners
    chat: ChatService
    broker: Broker
    connection_limiter: ConnectionLimiter
    clock: Callable[[], float]
    max_recovered_bytes: int

    async def verify_token(self, token: str) -> Identity:
        """Verify a token."""
        return await self.verifier.verify(token)

    async def acquire_connection_slot(self, user_id: str) -> bool:
        """Count a connection of a user; False if the user has too many."""
        return await self.connection_limiter.acquire(user_id)

    def release_connection_slot(self, user_id: str) -> None:
        """Count one connection of a user less."""
        self.connection_limiter.release(user_id)

    async def find_order_owner(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order."""
        return await self.order_owners.find(tenant_id, order_id)

    async def subscribe(self, channel: Channel) -> None:
        """Have a channel delivered to this node."""
        await self.broker.subscribe(channel)

    async def recover(self, channel: Channel, since: StreamPosition | None) -> PendingRecovery:
        """Read the stream position of a channel, and its publications since another."""
        pending = await self.broker.recover(channel, since)
        return _BoundedRecovery(pending, self.max_recovered_bytes)

    async def post_chat_message(
        self, identity: Identity, payload: SendChatPayload, connection_id: str
    ) -> ChatMessagePayload:
        """Store and publish a chat message, and return the sender's own copy."""
        chat_payload, publications = await self.chat.post(
            identity, payload, connection_id, self.clock()
        )
        try:
            await self.broker.publish(publications)
        except BrokerUnavailable:
            log.warning("a chat message was stored but could not be delivered")
        return chat_payload
