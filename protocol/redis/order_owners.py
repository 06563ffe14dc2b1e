"""The owners of orders in Redis: one hash, and one script that writes it."""

from __future__ import annotations

from importlib.resources import files

RECORD_ORDERS = (files("protocol.redis") / "record_orders.lua").read_text("utf-8")


def orders_key(prefix: str) -> str:
    """Return the key of the hash from order ids to owners."""
    return f"{prefix}{{store}}:orders"


def owner_changes_channel(prefix: str) -> str:
    """Return the Pub/Sub channel that gets each change of owner: ``id:tenant:user``."""
    return f"{orders_key(prefix)}:changed"


def encode_owner(tenant_id: str, user_id: str) -> str:
    """Encode an owner: both ids are keys of channels, which contain no colon."""
    return f"{tenant_id}:{user_id}"
