"""The store of a cluster: one Redis that all its servers share.

Whatever changes more than one key is a script, so that two servers, or one that is killed,
leave nothing half done.  All keys carry one hash tag: in a Redis Cluster they live together.
What is kept is as safe as that Redis' ``appendfsync`` makes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias, cast

import msgspec

from protocol.errors import OrderOwnedByOtherTenant
from protocol.redis.order_owners import RECORD_ORDERS, encode_owner, orders_key
from server.redis_client import REDIS_ERRORS, RedisClient
from server.stores import lua
from server.stores.base import (
    Conversation,
    OrderOwnership,
    Revocation,
    StoredChatMessage,
    StoreUnavailable,
)

PURGE_BATCH_SIZE = 200  # conversations in one script, which keeps Redis from all else
HashFields: TypeAlias = Mapping[bytes, bytes]  # as a link returns them that does not decode
_message_decoder = msgspec.json.Decoder(StoredChatMessage)


class RedisStore:
    """A store for many servers; ``prefix`` begins the name of every key."""

    def __init__(self, redis: RedisClient, prefix: str) -> None:
        self._redis = redis
        self._orders_key = orders_key(prefix)
        self._prefix = f"{prefix}{{store}}:"
        self._record_script = redis.register_script(RECORD_ORDERS)
        self._open_script = redis.register_script(lua.OPEN_CONVERSATION)
        self._add_script = redis.register_script(lua.ADD_MESSAGE)
        self._list_script = redis.register_script(lua.LIST_CONVERSATIONS)
        self._purge_script = redis.register_script(lua.PURGE_CONVERSATIONS)

    async def record_order_owners(
        self, ownerships: Sequence[OrderOwnership]
    ) -> list[OrderOwnership]:
        """Keep whose these orders are, in one script; returns those that change hands."""
        values = [
            value
            for order in ownerships
            for value in (order.id, encode_owner(order.tenant_id, order.user_id))
        ]
        async with translating_errors():
            conflict, *changed = await self._record_script([self._orders_key], values)
        if conflict:
            raise OrderOwnedByOtherTenant(ownerships[conflict - 1].id, conflict - 1)
        latest = {order.id: order for order in ownerships}
        return [latest[id.decode()] for id in changed]

    async def find_order_owner(self, order_id: str) -> OrderOwnership | None:
        """Return whose an order is, if anybody's."""
        async with translating_errors():
            encoded = cast("bytes | None", await self._redis.hget(self._orders_key, order_id))
        if encoded is None:
            return None
        tenant_id, _, user_id = encoded.decode().partition(":")
        return OrderOwnership(order_id, user_id, tenant_id)

    async def open_conversation(
        self, conversation: Conversation, message: StoredChatMessage
    ) -> None:
        """Keep a new conversation with its first line."""
        about = {
            "tenant_id": conversation.tenant_id,
            "customer_id": conversation.customer_id,
            "customer_name": conversation.customer_name,
            "opened_at": repr(conversation.opened_at),
        }
        fields = [part for field in about.items() for part in field]
        async with translating_errors():
            await self._open_script(
                [self._prefix],
                [conversation.id, msgspec.json.encode(message), repr(message.at), *fields],
            )

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last line."""
        async with translating_errors():
            about = await self._redis.hgetall(f"{self._prefix}conversation:{conversation_id}")
        return _conversation(conversation_id, cast(HashFields, about)) if about else None

    async def add_message(
        self, conversation_id: str, message: StoredChatMessage, agent_id: str = ""
    ) -> None:
        """Keep a line; a named agent joins if nobody has answered yet."""
        async with translating_errors():
            is_there = await self._add_script(
                [self._prefix],
                [conversation_id, msgspec.json.encode(message), repr(message.at), agent_id],
            )
        if not is_there:
            raise StoreUnavailable("there is no such conversation")

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest spoken in first."""
        index = tenant_id if customer_id is None else f"{tenant_id}:{customer_id}"
        async with translating_errors():
            found = await self._list_script([self._prefix], [index, limit - 1])
        return [
            _conversation(id.decode(), dict(zip(about[::2], about[1::2], strict=True)))
            for id, about in found
        ]

    async def messages(self, conversation_id: str, limit: int) -> list[StoredChatMessage]:
        """List the last lines of a conversation, oldest first."""
        async with translating_errors():
            kept = await self._redis.lrange(f"{self._prefix}lines:{conversation_id}", -limit, -1)
        return [_message_decoder.decode(message) for message in kept]

    async def purge_before(self, time: float) -> None:
        """Drop conversations in which nothing was said since, and their lines."""
        async with translating_errors():
            while await self._purge_script([self._prefix], [f"({time!r}", PURGE_BATCH_SIZE]):
                pass

    async def revoke(self, revocation: Revocation) -> None:
        """Keep a revocation in the place of that user's former one."""
        field = f"{revocation.tenant_id}:{revocation.user_id}"
        async with translating_errors():
            await self._redis.hset(f"{self._prefix}revocations", field, repr(revocation.at))

    async def revocations(self) -> list[Revocation]:
        """List all revocations, one a user of a tenant."""
        async with translating_errors():
            kept = await self._redis.hgetall(f"{self._prefix}revocations")
        return [
            _revocation(field.decode(), float(at)) for field, at in cast(HashFields, kept).items()
        ]

    async def health_check(self) -> None:
        """Read something, whatever it is."""
        async with translating_errors():
            await self._redis.hexists(self._orders_key, "")

    async def aclose(self) -> None:
        """Leave the link to whoever made it."""


@asynccontextmanager
async def translating_errors() -> AsyncIterator[None]:
    """Say StoreUnavailable for whatever a link raises while the block lasts."""
    try:
        yield
    except REDIS_ERRORS as why:
        raise StoreUnavailable(str(why)) from why


def _conversation(id: str, about: HashFields) -> Conversation:
    def text(field: bytes) -> str:
        return about.get(field, b"").decode()

    return Conversation(
        id,
        text(b"tenant_id"),
        text(b"customer_id"),
        text(b"customer_name"),
        float(about[b"opened_at"]),
        agent_id=text(b"agent_id"),
        last_message=_message_decoder.decode(about[b"last"]),
    )


def _revocation(whose: str, at: float) -> Revocation:
    tenant_id, _, user_id = whose.partition(":")
    return Revocation(tenant_id, user_id, at)
