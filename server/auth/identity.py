"""The user, tenant and role that a verified token stands for."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class InvalidToken(Exception):
    """Invalid token; the reason is deliberately not exposed."""

    def __init__(self) -> None:
        super().__init__("Invalid or expired token")


class KeysUnavailable(Exception):
    """The key of a token cannot be known now, so nothing can be said about the token."""


class Role(StrEnum):
    """The role that a token grants.

    ``NONE`` is that of a token without a role, such as issuers that know no roles write: it
    may join the channel of its tenant, and has no other rights of staff.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"
    SERVICE = "service"
    NONE = ""


ALL_TENANTS = "*"  # in the claim `tenants`; no tenant can be called that
STAFF_ROLES = frozenset({Role.AGENT, Role.ADMIN})


class Identity(Struct, frozen=True, kw_only=True):
    """The claims of a verified token, valid until ``expires_at`` (seconds since the epoch).

    ``tenant_id`` is empty if the token names no tenant; an empty one matches none.
    ``other_tenants`` are those that a service may act for besides its own; ``ALL_TENANTS`` in
    it stands for every tenant.
    """

    user_id: str
    tenant_id: str
    role: Role
    name: str
    issued_at: float
    expires_at: float
    other_tenants: frozenset[str] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Whether this is an agent or an admin of its tenant."""
        return self.is_staff_of(self.tenant_id)

    @property
    def acts_for_all_tenants(self) -> bool:
        """Whether this is a service of the whole platform."""
        return self.role is Role.SERVICE and ALL_TENANTS in self.other_tenants

    def publishes_for(self, tenant_id: str) -> bool:
        """Whether this may publish to what belongs to that tenant."""
        if self.role is not Role.SERVICE:
            return self.is_admin_of(tenant_id)
        tenants = self.other_tenants | {self.tenant_id}
        return bool(tenant_id) and not tenants.isdisjoint({tenant_id, ALL_TENANTS})

    def is_staff_of(self, tenant_id: str) -> bool:
        """Whether this is an agent or an admin of that tenant."""
        return self.role in STAFF_ROLES and bool(tenant_id) and self.tenant_id == tenant_id

    def is_admin_of(self, tenant_id: str) -> bool:
        """Whether this is an admin of that tenant."""
        return self.role is Role.ADMIN and bool(tenant_id) and self.tenant_id == tenant_id
