"""Support chat: who may write to a conversation, and who receives its messages."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from cachetools import LRUCache

from protocol.channels import Channel, ChannelKind
from protocol.codec import encode_with_timestamp
from protocol.errors import ErrorCode, RequestError
from protocol.event_payloads import ChatMessageBody, ChatMessagePayload
from protocol.messages import ChatMessage, SendChatPayload
from protocol.publications import Publication
from server.auth.identity import Identity, Role
from server.session.rate_limit import TokenBucket
from server.stores.base import Conversation, Store, StoredChatMessage

CHAT_BURST_S = 5.0  # a customer may send the messages of so many seconds at once
MAX_KNOWN_CUSTOMERS = 10_000  # whose recent messages are counted
CUSTOMER_ROLES = frozenset({Role.CUSTOMER, Role.NONE})
RETENTION_S = 7 * 24 * 3600.0  # after the last message, so that demos do not pile up


class ChatService:
    """Stores messages and addresses them to the customer and to the tenant's staff."""

    def __init__(self, store: Store, messages_per_second: float) -> None:
        self._store = store
        self._rate = messages_per_second
        self._buckets = LRUCache[tuple[str, str], TokenBucket](MAX_KNOWN_CUSTOMERS)

    async def post(
        self, identity: Identity, payload: SendChatPayload, connection_id: str, now: float
    ) -> tuple[ChatMessagePayload, tuple[Publication, ...]]:
        """Store a message; a customer's message without a conversation opens one.

        Returns the payload for the sender's own connection, and the publications for all
        other connections.

        Raises:
            RequestError: ``forbidden`` if the conversation does not exist or is another user's,
                ``rate_limited`` if a customer writes too much, over all own connections here.
            StoreUnavailable: nothing was stored.
        """
        if identity.role in CUSTOMER_ROLES:
            self._check_rate(identity, now)
        message = StoredChatMessage(
            _new_id("msg"), identity.user_id, identity.name, payload.content, now
        )
        if isinstance(payload.conversation_id, str):
            conversation = await self._find_accessible(identity, payload.conversation_id)
            is_answer = identity.is_staff_of(conversation.tenant_id)
            await self._store.add_message(
                conversation.id, message, identity.user_id if is_answer else ""
            )
        else:
            conversation = self._new_conversation(identity, now)
            await self._store.open_conversation(conversation, message)
        chat_payload = ChatMessagePayload(conversation.id, message_body(message))
        return chat_payload, _publications(conversation, chat_payload, connection_id, now)

    async def list_for(self, identity: Identity, limit: int) -> list[Conversation]:
        """List conversations, the latest first: the tenant's for staff, else the user's own."""
        customer_id = None if identity.is_staff_of(identity.tenant_id) else identity.user_id
        return await self._store.conversations(identity.tenant_id, customer_id, limit)

    async def messages(
        self, identity: Identity, conversation_id: str, limit: int
    ) -> list[StoredChatMessage]:
        """List the last messages of a conversation, oldest first; raises what ``post`` raises."""
        conversation = await self._find_accessible(identity, conversation_id)
        return await self._store.messages(conversation.id, limit)

    async def _find_accessible(self, identity: Identity, conversation_id: str) -> Conversation:
        found = await self._store.find_conversation(conversation_id)
        if found is not None and identity.tenant_id == found.tenant_id:
            is_customer = identity.role in CUSTOMER_ROLES and identity.user_id == found.customer_id
            if is_customer or identity.is_staff_of(found.tenant_id):
                return found
        raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this conversation")

    def _check_rate(self, customer: Identity, now: float) -> None:
        key = customer.tenant_id, customer.user_id
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = TokenBucket(self._rate, max(1.0, self._rate * CHAT_BURST_S), now)
            self._buckets[key] = bucket
        if not bucket.take(now):
            raise RequestError(ErrorCode.RATE_LIMITED, "Too many chat messages")

    def _new_conversation(self, identity: Identity, now: float) -> Conversation:
        if identity.role not in CUSTOMER_ROLES:
            raise RequestError(ErrorCode.INVALID_PAYLOAD, "Only customers open conversations")
        if not identity.tenant_id:
            raise RequestError(ErrorCode.FORBIDDEN, "This token names no shop to talk to")
        return Conversation(
            _new_id("conv"), identity.tenant_id, identity.user_id, identity.name, now
        )


def message_body(message: StoredChatMessage) -> ChatMessageBody:
    """Make the JSON of a message."""
    at = datetime.fromtimestamp(message.at, UTC)
    return ChatMessageBody(message.id, message.sender_id, message.sender_name, message.content, at)


def _publications(
    conversation: Conversation, payload: ChatMessagePayload, connection_id: str, now: float
) -> tuple[Publication, ...]:
    """Address a message to customer and staff; a subscriber of both channels gets it once."""
    customer = Channel(ChannelKind.USER, conversation.customer_id)
    staff = Channel(ChannelKind.TENANT, conversation.tenant_id)
    message = encode_with_timestamp(ChatMessage(payload), now)

    def publication_to(channel: Channel, excluded: Channel | None = None) -> Publication:
        return Publication(
            to=channel,
            type="chat_message",
            message=message,
            tenant=conversation.tenant_id,
            accepted_at=now,
            tenant_only=True,
            exclude_subscribers_of=excluded,
            exclude_connection=connection_id,
        )

    return publication_to(customer), publication_to(staff, excluded=customer)


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(8)}"
