"""Who may subscribe to which channel, and by which rule."""

import pytest

from protocol.channels import Channel
from server.auth.identity import Identity, Role
from server.auth.permissions import AccessRule, can_subscribe, evaluate
from server.stores.base import OrderOwnership


def identity(user_id, role, tenant_id="shop"):
    return Identity(
        user_id=user_id, tenant_id=tenant_id, role=role, name="", issued_at=0, expires_at=1
    )


IDENTITIES = {
    "owner": identity("olena", Role.CUSTOMER),
    "other": identity("taras", Role.CUSTOMER),
    "agent": identity("maria", Role.AGENT),
    "admin": identity("boss", Role.ADMIN),
    "service": identity("svc", Role.SERVICE),
    "no role": identity("olena", Role.NONE),
    "no tenant": identity("olena", Role.NONE, ""),
    "foreign admin": identity("boss", Role.ADMIN, "books"),
    "owner elsewhere": identity("olena", Role.CUSTOMER, "books"),
    "admin without tenant": identity("boss", Role.ADMIN, ""),
    "anonymous": None,
}
ORDER = OrderOwnership("ord_1", "olena", "shop")


@pytest.mark.parametrize(
    ("channel", "allowed"),
    [
        ("public:news", set(IDENTITIES)),
        ("user:olena", {"owner", "no role", "no tenant", "owner elsewhere"}),
        ("order:ord_1", {"owner", "no role", "agent", "admin"}),
        ("tenant:shop", {"agent", "admin", "no role"}),
        ("tenant:books", {"foreign admin"}),
        ("monitor:shop", {"admin"}),
        ("monitor:books", {"foreign admin"}),
    ],
)
def test_a_channel_is_open_to_those_it_is_meant_for(channel, allowed):
    channel = Channel.parse(channel)

    assert {
        name for name, who in IDENTITIES.items() if can_subscribe(who, channel, ORDER)
    } == allowed


def test_the_channel_of_an_unknown_order_is_open_to_none():
    channel = Channel.parse("order:ord_404")

    assert not any(can_subscribe(who, channel, None) for who in IDENTITIES.values())


@pytest.mark.parametrize(
    ("who", "channel", "rule"),
    [
        ("anonymous", "public:news", AccessRule.PUBLIC),
        ("anonymous", "user:olena", AccessRule.NOT_SIGNED_IN),
        ("owner", "user:olena", AccessRule.OWN_USER),
        ("other", "user:olena", AccessRule.OTHER_USER),
        ("owner", "order:ord_1", AccessRule.OWNER),
        ("other", "order:ord_1", AccessRule.NOT_OWNER),
        ("agent", "order:ord_1", AccessRule.STAFF),
        ("foreign admin", "order:ord_1", AccessRule.UNKNOWN_ORDER),
        ("owner elsewhere", "order:ord_1", AccessRule.UNKNOWN_ORDER),
        ("admin", "tenant:shop", AccessRule.STAFF),
        ("no role", "tenant:shop", AccessRule.TENANT_TOKEN),
        ("owner", "tenant:shop", AccessRule.NOT_STAFF),
        ("admin", "tenant:books", AccessRule.OTHER_TENANT),
        ("no tenant", "tenant:shop", AccessRule.OTHER_TENANT),
        ("admin", "monitor:shop", AccessRule.ADMIN),
        ("agent", "monitor:shop", AccessRule.NOT_ADMIN),
        ("admin", "monitor:books", AccessRule.OTHER_TENANT),
    ],
)
def test_the_rule_that_decided_is_returned(who, channel, rule):
    assert evaluate(IDENTITIES[who], Channel.parse(channel), ORDER) is rule


def test_an_expired_token_allows_public_channels_only():
    news, own = Channel.parse("public:news"), Channel.parse("user:olena")

    assert evaluate(IDENTITIES["owner"], news, None, has_expired=True) is AccessRule.PUBLIC
    assert evaluate(IDENTITIES["owner"], own, None, has_expired=True) is AccessRule.EXPIRED


def test_every_rule_has_an_explanation():
    assert all(rule.explanation.endswith(".") for rule in AccessRule)
