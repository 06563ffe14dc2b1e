"""The interface of a store, and the types of what it stores.

Every implementation passes the tests in ``tests/server/stores/test_store_contract.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct


class StoreUnavailable(Exception):
    """The store does not work now: disk full, file locked, Redis down.

    Nothing was stored; or it is not known, if the connection broke during the request.
    """


class OrderOwnership(Struct, frozen=True):
    """The owner of an order; its id is unique within its tenant only."""

    id: str
    user_id: str
    tenant_id: str


class StoredChatMessage(Struct, frozen=True):
    """A chat message; ``at`` is in seconds since the epoch."""

    id: str
    sender_id: str
    sender_name: str
    content: str
    at: float


class Conversation(Struct, frozen=True):
    """A customer's conversation with a tenant's staff; ``agent_id`` answered first."""

    id: str
    tenant_id: str
    customer_id: str
    customer_name: str
    opened_at: float
    agent_id: str = ""
    last_message: StoredChatMessage | None = None


class Revocation(Struct, frozen=True):
    """A user's tokens issued until ``at``, in seconds since the epoch, are revoked."""

    tenant_id: str
    user_id: str
    at: float


OrderKey = tuple[str, str]
"""The ids of a tenant and of one of its orders."""


class Store(Protocol):
    """Stores the owners of orders, conversations and revocations.

    When a method has returned, its changes survive even if the process is killed.  Every
    method raises StoreUnavailable if it fails.
    """

    async def record_order_owners(
        self, ownerships: Sequence[OrderOwnership], at: float
    ) -> list[OrderOwnership]:
        """Store the owners of orders, all or none; the last one wins for an order listed twice.

        Returns those that had another owner before.  They have changed ``at`` this time, in
        seconds since the epoch.
        """
        ...

    async def find_order_owner(self, tenant_id: str, order_id: str) -> OrderOwnership | None:
        """Return the owner of a tenant's order, or None."""

    async def touch_orders(self, orders: Sequence[OrderKey], at: float) -> None:
        """Note that these orders, as far as they are known, have changed."""

    async def purge_orders_before(self, time: float) -> None:
        """Delete orders that have not changed since this time."""

    async def open_conversation(
        self, conversation: Conversation, message: StoredChatMessage
    ) -> None:
        """Store a new conversation with its first message."""

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last message, or None."""

    async def add_message(
        self, conversation_id: str, message: StoredChatMessage, agent_id: str = ""
    ) -> None:
        """Store a message; ``agent_id`` becomes the conversation's agent if it has none."""

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest first."""
        ...

    async def messages(self, conversation_id: str, limit: int) -> list[StoredChatMessage]:
        """List the last messages of a conversation, oldest first."""
        ...

    async def purge_before(self, time: float) -> None:
        """Delete conversations without messages since this time."""

    async def revoke(self, revocation: Revocation) -> None:
        """Store a revocation for good; of a user's revocations the latest counts."""

    async def revocations(self) -> list[Revocation]:
        """List all revocations: one for each user of a tenant."""
        ...

    async def health_check(self) -> None:
        """Find out whether the store works; a store on a disk also writes.

        Raises:
            StoreUnavailable: it does not.
        """

    async def aclose(self) -> None:
        """Close the store."""


def plan_ownership(
    known: Mapping[OrderKey, OrderOwnership], ownerships: Sequence[OrderOwnership]
) -> tuple[list[OrderOwnership], list[OrderOwnership]]:
    """Find what recording these orders changes, given their known owners.

    Returns the orders to store, each once, and those of them that change owner.
    """
    to_store = {(order.tenant_id, order.id): order for order in ownerships}
    changed = [order for key, order in to_store.items() if known.get(key) not in (None, order)]
    return list(to_store.values()), changed
