"""Who may hear which channel, and why: one rule a kind, all of them here."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from protocol.channels import Channel, Kind
from server.identity import Identity, Role
from server.stores.base import Order


class Rule(StrEnum):
    """The rule that decided; stable, for programs.

    An order of another tenant is ``UNKNOWN_ORDER``: whoever asks why learns as little of
    other tenants as the client does.
    """

    PUBLIC = "public"
    OWN_USER = "own_user"
    OWNER = "owner"
    STAFF = "staff"
    ADMIN = "admin"
    TENANT_TOKEN = "tenant_token"  # noqa: S105 - a word of the wire, no secret
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
    def opens(self) -> bool:
        """Tell whether the channel may be joined by this rule."""
        return self in _OPENING

    @property
    def explanation(self) -> str:
        """Say it in a sentence, for people."""
        return _EXPLANATIONS[self]


_OPENING = frozenset(
    {Rule.PUBLIC, Rule.OWN_USER, Rule.OWNER, Rule.STAFF, Rule.ADMIN, Rule.TENANT_TOKEN}
)
_EXPLANATIONS = {
    Rule.PUBLIC: "Public channels are open to everybody.",
    Rule.OWN_USER: "This is the user's own channel.",
    Rule.OWNER: "The order is this user's.",
    Rule.STAFF: "The user is on the staff of this tenant.",
    Rule.ADMIN: "The user is an admin of this tenant.",
    Rule.TENANT_TOKEN: "The token names this tenant and no role, which is enough for its channel.",
    Rule.NOT_SIGNED_IN: "The client has not signed in.",
    Rule.EXPIRED: "The client's token has expired: nothing is opened until it sends a new one.",
    Rule.OTHER_USER: "The channel is another user's.",
    Rule.NOT_OWNER: "The order is another user's, and this one is not on the staff.",
    Rule.NOT_STAFF: "The channel is for the tenant's staff, and the user is not on it.",
    Rule.NOT_ADMIN: "The channel is for the tenant's admins, and the user is none.",
    Rule.OTHER_TENANT: "The channel is another tenant's.",
    Rule.UNKNOWN_ORDER: "The tenant has no order with this id.",
    Rule.MALFORMED: "This is not the name of a channel.",
}


def may_hear(
    who: Identity | None, channel: Channel, order: Order | None, *, has_expired: bool = False
) -> bool:
    """Decide whether ``who`` may join ``channel``; see ``judge``."""
    return judge(who, channel, order, has_expired=has_expired).opens


def judge(
    who: Identity | None, channel: Channel, order: Order | None, *, has_expired: bool = False
) -> Rule:
    """Find the rule by which ``who`` may join ``channel``, or may not.

    ``order`` is the order that an ``order:`` channel is about, where there is one.  An
    anonymous client may join public channels only, and so may one whose token has expired;
    an empty tenant matches none.
    """
    if channel.kind is Kind.PUBLIC:
        return Rule.PUBLIC
    if who is None:
        return Rule.NOT_SIGNED_IN
    if has_expired:
        return Rule.EXPIRED
    match channel.kind:
        case Kind.USER:
            return Rule.OWN_USER if channel.key == who.user_id else Rule.OTHER_USER
        case Kind.ORDER:
            return _judge_order(who, order)
        case Kind.TENANT:
            if who.is_staff_of(channel.key):
                return Rule.STAFF
            if who.tenant_id != channel.key:
                return Rule.OTHER_TENANT
            return Rule.TENANT_TOKEN if who.role is Role.DOCUMENT else Rule.NOT_STAFF
        case Kind.MONITOR:
            if who.is_admin_of(channel.key):
                return Rule.ADMIN
            return Rule.NOT_ADMIN if who.tenant_id == channel.key else Rule.OTHER_TENANT
        case _:
            assert_never(channel.kind)


def _judge_order(who: Identity, order: Order | None) -> Rule:
    if order is None:
        return Rule.UNKNOWN_ORDER
    if order.user_id == who.user_id:
        return Rule.OWNER
    if who.is_staff_of(order.tenant_id):
        return Rule.STAFF
    return Rule.NOT_OWNER if who.tenant_id == order.tenant_id else Rule.UNKNOWN_ORDER
