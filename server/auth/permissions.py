"""Who may subscribe to which channel, and by which rule."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from protocol.channels import Channel, ChannelKind
from server.auth.identity import Identity, Role
from server.stores.base import OrderOwnership


class AccessRule(StrEnum):
    """The rule that decided: a stable word for programs.

    An order of another tenant is ``UNKNOWN_ORDER``: an explanation reveals no more about
    other tenants than the client's own request does.
    """

    PUBLIC = "public"
    OWN_USER = "own_user"
    OWNER = "owner"
    STAFF = "staff"
    ADMIN = "admin"
    TENANT_TOKEN = "tenant_token"  # noqa: S105 - not a secret
    NOT_SIGNED_IN = "not_signed_in"
    EXPIRED = "expired"
    OTHER_USER = "other_user"
    NOT_OWNER = "not_owner"
    NOT_STAFF = "not_staff"
    NOT_ADMIN = "not_admin"
    OTHER_TENANT = "other_tenant"
    UNKNOWN_ORDER = "unknown_order"
    MALFORMED = "malformed"

    @property
    def allows(self) -> bool:
        """Whether this rule allows to subscribe."""
        return self in _ALLOWING_RULES

    @property
    def explanation(self) -> str:
        """The rule in a sentence, for people."""
        return _EXPLANATIONS[self]


_ALLOWING_RULES = frozenset(
    {
        AccessRule.PUBLIC,
        AccessRule.OWN_USER,
        AccessRule.OWNER,
        AccessRule.STAFF,
        AccessRule.ADMIN,
        AccessRule.TENANT_TOKEN,
    }
)
_EXPLANATIONS = {
    AccessRule.PUBLIC: "Public channels are open to everybody.",
    AccessRule.OWN_USER: "This is the user's own channel.",
    AccessRule.OWNER: "The order is this user's.",
    AccessRule.STAFF: "The user is on the staff of this tenant.",
    AccessRule.ADMIN: "The user is an admin of this tenant.",
    AccessRule.TENANT_TOKEN: (
        "The token names this tenant and no role, which is enough for its channel."
    ),
    AccessRule.NOT_SIGNED_IN: "The client has not signed in.",
    AccessRule.EXPIRED: (
        "The client's token has expired: nothing is opened until it sends a new one."
    ),
    AccessRule.OTHER_USER: "The channel is another user's.",
    AccessRule.NOT_OWNER: "The order is another user's, and this one is not on the staff.",
    AccessRule.NOT_STAFF: "The channel is for the tenant's staff, and the user is not on it.",
    AccessRule.NOT_ADMIN: "The channel is for the tenant's admins, and the user is none.",
    AccessRule.OTHER_TENANT: "The channel is another tenant's.",
    AccessRule.UNKNOWN_ORDER: "The tenant has no order with this id.",
    AccessRule.MALFORMED: "This is not the name of a channel.",
}


def can_subscribe(
    identity: Identity | None,
    channel: Channel,
    order: OrderOwnership | None,
    *,
    has_expired: bool = False,
) -> bool:
    """Whether an identity may subscribe to a channel; see ``evaluate``."""
    return evaluate(identity, channel, order, has_expired=has_expired).allows


def evaluate(
    identity: Identity | None,
    channel: Channel,
    order: OrderOwnership | None,
    *,
    has_expired: bool = False,
) -> AccessRule:
    """Return the rule by which an identity may or may not subscribe to a channel.

    ``order`` is the order of an ``order:`` channel, if it exists.  A client that has not
    signed in may subscribe to public channels only, and so may one whose token has expired.
    An empty tenant matches none.
    """
    if channel.kind is ChannelKind.PUBLIC:
        return AccessRule.PUBLIC
    if identity is None:
        return AccessRule.NOT_SIGNED_IN
    if has_expired:
        return AccessRule.EXPIRED
    match channel.kind:
        case ChannelKind.USER:
            return AccessRule.OWN_USER if channel.key == identity.user_id else AccessRule.OTHER_USER
        case ChannelKind.ORDER:
            return _evaluate_order(identity, order)
        case ChannelKind.TENANT:
            if identity.is_staff_of(channel.key):
                return AccessRule.STAFF
            if identity.tenant_id != channel.key:
                return AccessRule.OTHER_TENANT
            return AccessRule.TENANT_TOKEN if identity.role is Role.NONE else AccessRule.NOT_STAFF
        case ChannelKind.MONITOR:
            if identity.is_admin_of(channel.key):
                return AccessRule.ADMIN
            return (
                AccessRule.NOT_ADMIN
                if identity.tenant_id == channel.key
                else AccessRule.OTHER_TENANT
            )
        case _:
            assert_never(channel.kind)


def _evaluate_order(identity: Identity, order: OrderOwnership | None) -> AccessRule:
    if order is None or order.tenant_id != identity.tenant_id:
        return AccessRule.UNKNOWN_ORDER
    if order.user_id == identity.user_id:
        return AccessRule.OWNER
    return AccessRule.STAFF if identity.is_staff else AccessRule.NOT_OWNER
