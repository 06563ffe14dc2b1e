"""Who may hear which channel: one rule a kind, all of them here."""

from __future__ import annotations

from typing import assert_never

from protocol.channels import Channel, Kind
from server.identity import Identity, Role
from server.stores.base import Order


def may_hear(who: Identity | None, channel: Channel, order: Order | None) -> bool:
    """Decide whether ``who`` may join ``channel``.

    ``order`` is the order that an ``order:`` channel is about, where there is one.  An
    anonymous client may join public channels only; an empty tenant matches none.
    """
    if channel.kind is Kind.PUBLIC:
        return True
    if who is None:
        return False
    match channel.kind:
        case Kind.USER:
            return channel.key == who.user_id
        case Kind.ORDER:
            return order is not None and (
                order.user_id == who.user_id or who.is_staff_of(order.tenant_id)
            )
        case Kind.TENANT:
            documents_own = who.role is Role.DOCUMENT and who.tenant_id == channel.key
            return who.is_staff_of(channel.key) or documents_own
        case Kind.MONITOR:
            return who.is_admin_of(channel.key)
        case _:
            assert_never(channel.kind)
