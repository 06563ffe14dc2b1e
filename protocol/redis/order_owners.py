"""How a cluster keeps in Redis whose an order is: one key, and one script that writes it.

Servers use it, and so do services that publish through Redis alone: one rule for all.
"""

from __future__ import annotations

from importlib.resources import files

RECORD_ORDERS = (files("protocol.redis") / "record_orders.lua").read_text("utf-8")


def orders_key(prefix: str) -> str:
    """Return the key of the hash from order ids to owners."""
    return f"{prefix}{{store}}:orders"


def owner_changes_channel(prefix: str) -> str:
    """Return the channel that is told of each order that changes hands: ``id:tenant:user``."""
    return f"{orders_key(prefix)}:changed"


def encode_owner(tenant_id: str, user_id: str) -> str:
    """Write whose an order is: both are keys of channels, which have no colon."""
    return f"{tenant_id}:{user_id}"
