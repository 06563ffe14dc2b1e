"""What sessions ask of the rest of the server, answered by its parts."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.event_payloads import ChatMessagePayload
from protocol.messages import SendChatPayload
from protocol.publications import Publication, StreamPosition
from server.auth.identity import Identity
from server.auth.jwt_verifier import JwtVerifier
from server.pubsub.brokers.base import Broker, Recovery
from server.services.chat import ChatService
from server.services.order_owners import OrderOwners
from server.stores.base import OrderOwnership


class SessionServices(Struct, frozen=True):
    """The `SessionBackend` of this server; ``clock`` is in seconds since the epoch.

    No more than ``max_recovered_bytes`` are recovered at once.
    """

    verifier: JwtVerifier
    order_owners: OrderOwners
    chat: ChatService
    broker: Broker
    clock: Callable[[], float]
    max_recovered_bytes: int

    async def verify_token(self, token: str) -> Identity:
        """Verify a token."""
        return await self.verifier.verify(token)

    async def find_order_owner(self, order_id: str) -> OrderOwnership | None:
        """Return the owner of an order."""
        return await self.order_owners.find(order_id)

    async def subscribe(self, channel: Channel) -> None:
        """Have a channel delivered to this node."""
        await self.broker.subscribe(channel)

    async def latest(self, channel: Channel) -> Publication | None:
        """Return the latest publication of a channel."""
        return await self.broker.latest(channel)

    async def recover(self, channel: Channel, since: StreamPosition | None) -> Recovery:
        """Return the stream position of a channel, and its publications since another.

        Too much counts as not recoverable: the client would become a slow consumer, be
        closed, come back, and be closed again.
        """
        found = await self.broker.recover(channel, since)
        if sum(len(each.message) for each in found.missed) > self.max_recovered_bytes:
            return replace(found, recovered=False, missed=())
        return found

    async def post_chat_message(
        self, identity: Identity, payload: SendChatPayload, connection_id: str
    ) -> tuple[ChatMessagePayload, tuple[Publication, ...]]:
        """Store a chat message."""
        return await self.chat.post(identity, payload, connection_id, self.clock())
