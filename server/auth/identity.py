"""Whom a connection or a request speaks for."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a token lets its bearer be.

    ``NONE`` is a token without a role: the user's document knows no roles, and such a
    token is judged by the document's own rule.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"
    SERVICE = "service"
    NONE = ""


class InvalidToken(Exception):
    """Invalid token; the reason is deliberately not exposed."""

    def __init__(self) -> None:
        super().__init__("Invalid or expired token")


STAFF_ROLES = frozenset({Role.AGENT, Role.ADMIN})


class Identity(Struct, frozen=True, kw_only=True):
    """Whom a verified token speaks for, until ``expires_at`` (seconds since the epoch).

    ``tenant_id`` is empty where the token names no tenant; it then matches none.
    """

    user_id: str
    tenant_id: str
    role: Role
    name: str
    issued_at: float
    expires_at: float

    def is_staff_of(self, tenant_id: str) -> bool:
        """Tell whether this is an agent or an admin of that tenant."""
        return self.role in STAFF_ROLES and bool(tenant_id) and self.tenant_id == tenant_id

    def is_admin_of(self, tenant_id: str) -> bool:
        """Tell whether this is an admin of that tenant."""
        return self.role is Role.ADMIN and bool(tenant_id) and self.tenant_id == tenant_id
