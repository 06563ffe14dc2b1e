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

from protocol.ownership import RECORD_ORDERS, orders_key, owner
from server.redis_link import FAILURES, Link
from server.stores import scripts
from server.stores.base import (
    Conversation,
    Line,
    Order,
    Revocation,
    StoreUnavailable,
    TakenElsewhere,
)

FORGOTTEN_AT_ONCE = 200  # conversations in one script, which keeps Redis from all else
Fields: TypeAlias = Mapping[bytes, bytes]  # as a link returns them that does not decode
_line = msgspec.json.Decoder(Line)


class RedisStore:
    """A store for many servers; ``prefix`` begins the name of every key."""

    def __init__(self, link: Link, prefix: str) -> None:
        self._link = link
        self._orders = orders_key(prefix)
        self._prefix = f"{prefix}{{store}}:"
        self._record = link.register_script(RECORD_ORDERS)
        self._open = link.register_script(scripts.OPEN_CONVERSATION)
        self._add = link.register_script(scripts.ADD_LINE)
        self._list = link.register_script(scripts.LIST_CONVERSATIONS)
        self._forget = link.register_script(scripts.FORGET)

    async def record_orders(self, orders: Sequence[Order]) -> list[Order]:
        """Keep whose these orders are, in one script; returns those that change hands."""
        values = [
            value for order in orders for value in (order.id, owner(order.tenant_id, order.user_id))
        ]
        async with or_unavailable():
            taken, *changed = await self._record([self._orders], values)
        if taken:
            raise TakenElsewhere(orders[taken - 1])
        latest = {order.id: order for order in orders}
        return [latest[id.decode()] for id in changed]

    async def find_order(self, order_id: str) -> Order | None:
        """Return whose an order is, if anybody's."""
        async with or_unavailable():
            whose = cast("bytes | None", await self._link.hget(self._orders, order_id))
        if whose is None:
            return None
        tenant_id, _, user_id = whose.decode().partition(":")
        return Order(order_id, user_id, tenant_id)

    async def open_conversation(self, conversation: Conversation, line: Line) -> None:
        """Keep a new conversation with its first line."""
        about = {
            "tenant_id": conversation.tenant_id,
            "customer_id": conversation.customer_id,
            "customer_name": conversation.customer_name,
            "opened_at": repr(conversation.opened_at),
        }
        fields = [part for field in about.items() for part in field]
        async with or_unavailable():
            await self._open(
                [self._prefix],
                [conversation.id, msgspec.json.encode(line), repr(line.at), *fields],
            )

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last line."""
        async with or_unavailable():
            about = await self._link.hgetall(f"{self._prefix}conversation:{conversation_id}")
        return _conversation(conversation_id, cast(Fields, about)) if about else None

    async def add_line(self, conversation_id: str, line: Line, agent_id: str = "") -> None:
        """Keep a line; a named agent joins if nobody has answered yet."""
        async with or_unavailable():
            is_there = await self._add(
                [self._prefix],
                [conversation_id, msgspec.json.encode(line), repr(line.at), agent_id],
            )
        if not is_there:
            raise StoreUnavailable("there is no such conversation")

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest spoken in first."""
        whose = tenant_id if customer_id is None else f"{tenant_id}:{customer_id}"
        async with or_unavailable():
            found = await self._list([self._prefix], [whose, limit - 1])
        return [
            _conversation(id.decode(), dict(zip(about[::2], about[1::2], strict=True)))
            for id, about in found
        ]

    async def lines(self, conversation_id: str, limit: int) -> list[Line]:
        """List the last lines of a conversation, oldest first."""
        async with or_unavailable():
            kept = await self._link.lrange(f"{self._prefix}lines:{conversation_id}", -limit, -1)
        return [_line.decode(line) for line in kept]

    async def forget(self, before: float) -> None:
        """Drop conversations in which nothing was said since, and their lines."""
        async with or_unavailable():
            while await self._forget([self._prefix], [f"({before!r}", FORGOTTEN_AT_ONCE]):
                pass

    async def revoke(self, revocation: Revocation) -> None:
        """Keep a revocation in the place of that user's former one."""
        whose = f"{revocation.tenant_id}:{revocation.user_id}"
        async with or_unavailable():
            await self._link.hset(f"{self._prefix}revocations", whose, repr(revocation.at))

    async def revocations(self) -> list[Revocation]:
        """List all revocations, one a user of a tenant."""
        async with or_unavailable():
            kept = await self._link.hgetall(f"{self._prefix}revocations")
        return [_revocation(whose.decode(), float(at)) for whose, at in cast(Fields, kept).items()]

    async def probe(self) -> None:
        """Read something, whatever it is."""
        async with or_unavailable():
            await self._link.hexists(self._orders, "")

    async def aclose(self) -> None:
        """Leave the link to whoever made it."""


@asynccontextmanager
async def or_unavailable() -> AsyncIterator[None]:
    """Say StoreUnavailable for whatever a link raises while the block lasts."""
    try:
        yield
    except FAILURES as why:
        raise StoreUnavailable(str(why)) from why


def _conversation(id: str, about: Fields) -> Conversation:
    def text(field: bytes) -> str:
        return about.get(field, b"").decode()

    return Conversation(
        id,
        text(b"tenant_id"),
        text(b"customer_id"),
        text(b"customer_name"),
        float(about[b"opened_at"]),
        agent_id=text(b"agent_id"),
        last=_line.decode(about[b"last"]),
    )


def _revocation(whose: str, at: float) -> Revocation:
    tenant_id, _, user_id = whose.partition(":")
    return Revocation(tenant_id, user_id, at)
