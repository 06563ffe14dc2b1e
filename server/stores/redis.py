"""The store of a cluster: one Redis that all servers share.

Every change of more than one key is a script, so that neither a concurrent server nor a
killed one leaves it half done.  All keys have the same hash tag, so that a Redis Cluster
keeps them on one node.  How durable a change is depends on ``appendfsync``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias, cast

import msgspec

from protocol.redis.order_owners import (
    RECORD_ORDERS,
    order_member,
    orders_by_change_key,
    orders_key,
    record_orders_args,
    store_prefix,
)
from server.redis_client import REDIS_ERRORS, RedisClient
from server.stores import lua
from server.stores.base import (
    Conversation,
    OrderKey,
    OrderOwnership,
    Revocation,
    StoredChatMessage,
    StoreUnavailable,
)

PURGE_BATCH_SIZE = 200  # deleted in one script: Redis does nothing else while it runs
ADOPTED_BATCH_SIZE = 500  # orders copied at once
OLD_ORDERS_TTL_S = 86_400  # servers of an earlier version may still run beside this one
NO_EXPIRY = -1  # what Redis calls the time to live of a key that does not expire
HashFields: TypeAlias = Mapping[bytes, bytes]  # as a client returns them that does not decode
_message_decoder = msgspec.json.Decoder(StoredChatMessage)


class RedisStore:
    """A store for many servers; the names of all keys start with ``prefix``."""

    def __init__(self, redis: RedisClient, prefix: str) -> None:
        self._redis = redis
        self._names = prefix
        self._prefix = store_prefix(prefix)
        self._changes_key = orders_by_change_key(prefix)
        self._record_script = redis.register_script(RECORD_ORDERS)
        self._open_script = redis.register_script(lua.OPEN_CONVERSATION)
        self._add_script = redis.register_script(lua.ADD_MESSAGE)
        self._list_script = redis.register_script(lua.LIST_CONVERSATIONS)
        self._revoke_script = redis.register_script(lua.REVOKE)
        self._purge_script = redis.register_script(lua.PURGE_CONVERSATIONS)
        self._purge_orders_script = redis.register_script(lua.PURGE_ORDERS)

    async def adopt_orders_of_earlier_versions(self, at: float) -> None:
        """Copy the orders of the one hash that earlier versions have for all tenants.

        They keep using it during an update, so it stays for a day.  Orders that are known, and
        may have changed since, are left alone: every server does this when it starts.
        """
        old = f"{self._prefix}orders"
        async with translating_errors():
            batch: list[tuple[str, str, str]] = []
            async for field, owner in self._redis.hscan_iter(old, count=ADOPTED_BATCH_SIZE):
                tenant_id, _, user_id = owner.decode().partition(":")
                batch.append((field.decode(), tenant_id, user_id))
                if len(batch) == ADOPTED_BATCH_SIZE:
                    await self._adopt(batch, at)
                    batch.clear()
            await self._adopt(batch, at)
            if await self._redis.ttl(old) == NO_EXPIRY:
                await self._redis.expire(old, OLD_ORDERS_TTL_S)

    async def _adopt(self, batch: Sequence[tuple[str, str, str]], at: float) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for id, tenant_id, user_id in batch:
            pipeline.hsetnx(orders_key(self._names, tenant_id), id, user_id)
            pipeline.zadd(self._changes_key, {order_member(tenant_id, id): at}, nx=True)
        await pipeline.execute()

    async def record_order_owners(
        self, ownerships: Sequence[OrderOwnership], at: float
    ) -> list[OrderOwnership]:
        """Store the owners of orders in one script; returns those that change owner."""
        args = record_orders_args(
            at, [(order.id, order.tenant_id, order.user_id) for order in ownerships]
        )
        async with translating_errors():
            changed = await self._record_script([self._prefix], args)
        return [ownerships[number - 1] for number in changed]

    async def find_order_owner(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order, or None."""
        key = orders_key(self._names, tenant_id)
        async with translating_errors():
            user_id = cast("bytes | None", await self._redis.hget(key, order_id))
        return None if user_id is None else OrderOwnership(order_id, user_id.decode(), tenant_id)

    async def touch_orders(self, orders: Sequence[OrderKey], at: float) -> None:
        """Note that these orders have changed."""
        members = {order_member(*order): at for order in orders}
        async with translating_errors():
            await self._redis.zadd(self._changes_key, members, xx=True)

    async def purge_orders_before(self, time: float) -> None:
        """Delete orders that have not changed since this time."""
        async with translating_errors():
            while await self._purge_orders_script([self._prefix], [f"({time!r}", PURGE_BATCH_SIZE]):
                pass

    async def open_conversation(
        self, conversation: Conversation, message: StoredChatMessage
    ) -> None:
        """Store a new conversation with its first message."""
        values = {
            "tenant_id": conversation.tenant_id,
            "customer_id": conversation.customer_id,
            "customer_name": conversation.customer_name,
            "opened_at": repr(conversation.opened_at),
        }
        fields = [part for field in values.items() for part in field]
        async with translating_errors():
            await self._open_script(
                [self._prefix],
                [conversation.id, msgspec.json.encode(message), repr(message.at), *fields],
            )

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last message, or None."""
        async with translating_errors():
            fields = await self._redis.hgetall(f"{self._prefix}conversation:{conversation_id}")
        return _conversation(conversation_id, cast(HashFields, fields)) if fields else None

    async def add_message(
        self, conversation_id: str, message: StoredChatMessage, agent_id: str = ""
    ) -> None:
        """Store a message; ``agent_id`` becomes the conversation's agent if it has none."""
        async with translating_errors():
            exists = await self._add_script(
                [self._prefix],
                [conversation_id, msgspec.json.encode(message), repr(message.at), agent_id],
            )
        if not exists:
            raise StoreUnavailable("there is no such conversation")

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest first."""
        index = tenant_id if customer_id is None else f"{tenant_id}:{customer_id}"
        async with translating_errors():
            found = await self._list_script([self._prefix], [index, limit - 1])
        return [
            _conversation(id.decode(), dict(zip(fields[::2], fields[1::2], strict=True)))
            for id, fields in found
        ]

    async def messages(self, conversation_id: str, limit: int) -> list[StoredChatMessage]:
        """List the last messages of a conversation, oldest first."""
        async with translating_errors():
            messages = await self._redis.lrange(
                f"{self._prefix}lines:{conversation_id}", -limit, -1
            )
        return [_message_decoder.decode(message) for message in messages]

    async def purge_before(self, time: float) -> None:
        """Delete conversations without messages since this time."""
        async with translating_errors():
            while await self._purge_script([self._prefix], [f"({time!r}", PURGE_BATCH_SIZE]):
                pass

    async def revoke(self, revocation: Revocation) -> None:
        """Store a revocation; of a user's revocations the latest counts."""
        field = f"{revocation.tenant_id}:{revocation.user_id}"
        async with translating_errors():
            await self._revoke_script([f"{self._prefix}revocations"], [field, repr(revocation.at)])

    async def revocations(self) -> list[Revocation]:
        """List all revocations: one for each user of a tenant."""
        async with translating_errors():
            revocations = await self._redis.hgetall(f"{self._prefix}revocations")
        return [
            _revocation(field.decode(), float(at))
            for field, at in cast(HashFields, revocations).items()
        ]

    async def health_check(self) -> None:
        """Read something, to find out whether the store works."""
        async with translating_errors():
            await self._redis.exists(self._changes_key)

    async def aclose(self) -> None:
        """Do nothing: the caller closes the client."""


@asynccontextmanager
async def translating_errors() -> AsyncIterator[None]:
    """Raise StoreUnavailable for whatever the client raises while the block lasts."""
    try:
        yield
    except REDIS_ERRORS as why:
        raise StoreUnavailable(str(why)) from why


def _conversation(id: str, fields: HashFields) -> Conversation:
    def text(field: bytes) -> str:
        return fields.get(field, b"").decode()

    return Conversation(
        id,
        text(b"tenant_id"),
        text(b"customer_id"),
        text(b"customer_name"),
        float(fields[b"opened_at"]),
        agent_id=text(b"agent_id"),
        last_message=_message_decoder.decode(fields[b"last"]),
    )


def _revocation(key: str, at: float) -> Revocation:
    tenant_id, _, user_id = key.partition(":")
    return Revocation(tenant_id, user_id, at)
