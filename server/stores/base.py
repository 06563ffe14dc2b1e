"""What the server asks of a store, and the shapes it keeps there.

Every implementation passes the one suite in ``tests/server/stores/test_store_contract.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from protocol.errors import OrderOwnedByOtherTenant


class StoreUnavailable(Exception):
    """The store could not do it now: disk full, locked, away.

    Nothing was kept; or, where the way to the store broke while it answered, nothing is
    known to be.
    """


class OrderOwnership(Struct, frozen=True):
    """Whose an order is."""

    id: str
    user_id: str
    tenant_id: str


class StoredChatMessage(Struct, frozen=True):
    """One thing that was said; ``at`` in seconds since the epoch."""

    id: str
    sender_id: str
    sender_name: str
    content: str
    at: float


class Conversation(Struct, frozen=True):
    """A customer's talk with a tenant's staff; ``agent_id`` is who answered first."""

    id: str
    tenant_id: str
    customer_id: str
    customer_name: str
    opened_at: float
    agent_id: str = ""
    last_message: StoredChatMessage | None = None


class Revocation(Struct, frozen=True):
    """Whose tokens count only if issued after ``at``, in seconds since the epoch."""

    tenant_id: str
    user_id: str
    at: float


class Store(Protocol):
    """Keeps orders' owners, conversations and revocations.

    What a method has returned from is kept, also when the process is killed next.  Every
    method raises StoreUnavailable where it could not do its work.
    """

    async def record_order_owners(
        self, ownerships: Sequence[OrderOwnership]
    ) -> list[OrderOwnership]:
        """Keep whose these orders are, all or none; of one that is there twice, the last.

        Returns those that were somebody else's before.  No two servers can both find an
        order to be new.

        Raises:
            OrderOwnedByOtherTenant: one belongs to another tenant; none was kept.
        """
        ...

    async def find_order_owner(self, order_id: str) -> OrderOwnership | None:
        """Return whose an order is, if anybody's."""

    async def open_conversation(
        self, conversation: Conversation, message: StoredChatMessage
    ) -> None:
        """Keep a new conversation with its first line."""

    async def find_conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation with its last line."""

    async def add_message(
        self, conversation_id: str, message: StoredChatMessage, agent_id: str = ""
    ) -> None:
        """Keep a line; a named agent joins if nobody has answered yet."""

    async def conversations(
        self, tenant_id: str, customer_id: str | None, limit: int
    ) -> list[Conversation]:
        """List a tenant's conversations, or one customer's, the latest spoken in first."""
        ...

    async def messages(self, conversation_id: str, limit: int) -> list[StoredChatMessage]:
        """List the last lines of a conversation, oldest first."""
        ...

    async def purge_before(self, time: float) -> None:
        """Drop conversations in which nothing was said since, and their lines."""

    async def revoke(self, revocation: Revocation) -> None:
        """Keep a revocation in the place of that user's former one, for good."""

    async def revocations(self) -> list[Revocation]:
        """List all revocations, one a user of a tenant."""
        ...

    async def health_check(self) -> None:
        """Read something, whatever it is."""

    async def aclose(self) -> None:
        """Finish."""


def plan_ownership(
    known: Mapping[str, OrderOwnership], ownerships: Sequence[OrderOwnership]
) -> tuple[list[OrderOwnership], list[OrderOwnership]]:
    """Sort out what recording these orders comes to, by what is known of them.

    Returns the orders to keep, one an id, and those of them that change hands.

    Raises:
        OrderOwnedByOtherTenant: one belongs to another tenant.
    """
    latest = dict[str, OrderOwnership]()
    for index, order in enumerate(ownerships):
        owner = latest.get(order.id) or known.get(order.id)
        if owner is not None and owner.tenant_id != order.tenant_id:
            raise OrderOwnedByOtherTenant(order.id, index)
        latest[order.id] = order
    kept = list(latest.values())
    return kept, [order for order in kept if known.get(order.id) not in (None, order)]
