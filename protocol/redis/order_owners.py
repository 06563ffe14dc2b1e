"""The owners of orders in Redis: a hash for each tenant, and the script that writes it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

RECORD_ORDERS = (files("protocol.redis") / "record_orders.lua").read_text("utf-8")


def store_prefix(prefix: str) -> str:
    """Return what the names of all keys of the store start with; it is a key of the script."""
    return f"{prefix}{{store}}:"


def orders_key(prefix: str, tenant_id: str) -> str:
    """Return the key of the hash from the ids of a tenant's orders to the owners' ids."""
    return f"{store_prefix(prefix)}orders:{tenant_id}"


def orders_by_change_key(prefix: str) -> str:
    """Return the key of the sorted set of all orders, ``tenant:id``, by their last change."""
    return f"{store_prefix(prefix)}orders_by_change"


def owner_changes_channel(prefix: str) -> str:
    """Return the Pub/Sub channel that gets each change of owner: ``id:tenant:user``."""
    return f"{store_prefix(prefix)}orders:changed"


def record_orders_args(at: float, orders: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return the arguments of ``RECORD_ORDERS`` for ids, tenants and users of orders.

    All of them are keys of channels, which contain no colon.
    """
    args = [repr(at)]
    for id, tenant_id, user_id in orders:
        args += [id, f"{tenant_id}:{user_id}"]
    return args


def order_member(tenant_id: str, order_id: str) -> str:
    """Return the member of the sorted set that stands for an order."""
    return f"{tenant_id}:{order_id}"
