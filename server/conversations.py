"""Support chat: who may say what where, and who hears it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from protocol.channels import Channel, Kind
from protocol.codec import stamped
from protocol.errors import ErrorCode, Refusal
from protocol.events import ChatLine, ChatSaid
from protocol.messages import ChatMessage, Utterance
from protocol.publications import Publication
from server.identity import Identity, Role
from server.stores.base import Conversation, Line, Store

CUSTOMERS = frozenset({Role.CUSTOMER, Role.DOCUMENT})
KEPT_S = 7 * 24 * 3600.0  # after the last word, so that demos do not pile up


class Conversations:
    """Keeps what is said and addresses it to the customer and to the tenant's staff."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def say(
        self, who: Identity, utterance: Utterance, connection_id: str, now: float
    ) -> tuple[ChatSaid, tuple[Publication, ...]]:
        """Keep an utterance; a customer's without a conversation opens one.

        Returns what was said, for the sender's own socket, and the publications for every
        other socket that hears it.

        Raises:
            Refusal: ``forbidden`` for a conversation that is not theirs or does not exist.
            StoreUnavailable: nothing was kept.
        """
        line = Line(_new_id("msg"), who.user_id, who.name, utterance.content, now)
        if isinstance(utterance.conversation_id, str):
            conversation = await self._find(who, utterance.conversation_id)
            is_answer = who.is_staff_of(conversation.tenant_id)
            await self._store.add_line(conversation.id, line, who.user_id if is_answer else "")
        else:
            conversation = self._new(who, now)
            await self._store.open_conversation(conversation, line)
        said = ChatSaid(conversation.id, chat_line(line))
        return said, _publications(conversation, said, connection_id, now)

    async def open_to(self, who: Identity, limit: int) -> list[Conversation]:
        """List the conversations that somebody may read: the tenant's for staff, else their own."""
        customer_id = None if who.is_staff_of(who.tenant_id) else who.user_id
        return await self._store.conversations(who.tenant_id, customer_id, limit)

    async def lines(self, who: Identity, conversation_id: str, limit: int) -> list[Line]:
        """Read a conversation; refuses as ``say`` does."""
        conversation = await self._find(who, conversation_id)
        return await self._store.lines(conversation.id, limit)

    async def _find(self, who: Identity, conversation_id: str) -> Conversation:
        found = await self._store.find_conversation(conversation_id)
        if found is not None and who.tenant_id == found.tenant_id:
            is_customer = who.role in CUSTOMERS and who.user_id == found.customer_id
            if is_customer or who.is_staff_of(found.tenant_id):
                return found
        raise Refusal(ErrorCode.FORBIDDEN, "Cannot access this conversation")

    def _new(self, who: Identity, now: float) -> Conversation:
        if who.role not in CUSTOMERS:
            raise Refusal(ErrorCode.INVALID_PAYLOAD, "Only customers open conversations")
        if not who.tenant_id:
            raise Refusal(ErrorCode.FORBIDDEN, "This token names no shop to talk to")
        return Conversation(_new_id("conv"), who.tenant_id, who.user_id, who.name, now)


def chat_line(line: Line) -> ChatLine:
    """Shape a line for the wire."""
    at = datetime.fromtimestamp(line.at, UTC)
    return ChatLine(line.id, line.sender_id, line.sender_name, line.content, at)


def _publications(
    conversation: Conversation, said: ChatSaid, connection_id: str, now: float
) -> tuple[Publication, ...]:
    """Address it to the customer and the staff; a socket that hears both gets it once."""
    customer = Channel(Kind.USER, conversation.customer_id)
    staff = Channel(Kind.TENANT, conversation.tenant_id)
    message = stamped(ChatMessage(said), now)

    def to(channel: Channel, unless_on: Channel | None = None) -> Publication:
        return Publication(
            to=channel,
            type="chat_message",
            message=message,
            tenant=conversation.tenant_id,
            accepted_at=now,
            within_tenant=True,
            unless_on=unless_on,
            unless_from=connection_id,
        )

    return to(customer), to(staff, unless_on=customer)


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(8)}"
