"""Who may hear what, and why."""

import pytest

from protocol.channels import Channel
from server.auth.identity import Identity, Role
from server.auth.permissions import AccessRule, can_subscribe, evaluate
from server.stores.base import OrderOwnership


def person(user_id, role, tenant_id="shop"):
    return Identity(
        user_id=user_id, tenant_id=tenant_id, role=role, name="", issued_at=0, expires_at=1
    )


PEOPLE = {
    "owner": person("olena", Role.CUSTOMER),
    "other": person("taras", Role.CUSTOMER),
    "agent": person("maria", Role.AGENT),
    "admin": person("boss", Role.ADMIN),
    "service": person("svc", Role.SERVICE),
    "document": person("olena", Role.NONE),
    "homeless": person("olena", Role.NONE, ""),
    "foreign admin": person("boss", Role.ADMIN, "books"),
    "rootless admin": person("boss", Role.ADMIN, ""),
    "nobody": None,
}
ORDER = OrderOwnership("ord_1", "olena", "shop")


@pytest.mark.parametrize(
    ("channel", "open_to"),
    [
        ("public:news", set(PEOPLE)),
        ("user:olena", {"owner", "document", "homeless"}),
        ("order:ord_1", {"owner", "document", "homeless", "agent", "admin"}),
        ("tenant:shop", {"agent", "admin", "document"}),
        ("tenant:books", {"foreign admin"}),
        ("monitor:shop", {"admin"}),
        ("monitor:books", {"foreign admin"}),
    ],
)
def test_a_channel_opens_to_whom_it_belongs_and_to_nobody_else(channel, open_to):
    channel = Channel.parse(channel)

    assert {name for name, who in PEOPLE.items() if can_subscribe(who, channel, ORDER)} == open_to


def test_an_order_nobody_has_heard_of_opens_to_nobody():
    channel = Channel.parse("order:ord_404")

    assert not any(can_subscribe(who, channel, None) for who in PEOPLE.values())


@pytest.mark.parametrize(
    ("who", "channel", "rule"),
    [
        ("nobody", "public:news", AccessRule.PUBLIC),
        ("nobody", "user:olena", AccessRule.NOT_SIGNED_IN),
        ("owner", "user:olena", AccessRule.OWN_USER),
        ("other", "user:olena", AccessRule.OTHER_USER),
        ("owner", "order:ord_1", AccessRule.OWNER),
        ("other", "order:ord_1", AccessRule.NOT_OWNER),
        ("agent", "order:ord_1", AccessRule.STAFF),
        ("foreign admin", "order:ord_1", AccessRule.UNKNOWN_ORDER),
        ("admin", "tenant:shop", AccessRule.STAFF),
        ("document", "tenant:shop", AccessRule.TENANT_TOKEN),
        ("owner", "tenant:shop", AccessRule.NOT_STAFF),
        ("admin", "tenant:books", AccessRule.OTHER_TENANT),
        ("homeless", "tenant:shop", AccessRule.OTHER_TENANT),
        ("admin", "monitor:shop", AccessRule.ADMIN),
        ("agent", "monitor:shop", AccessRule.NOT_ADMIN),
        ("admin", "monitor:books", AccessRule.OTHER_TENANT),
    ],
)
def test_the_rule_that_decided_is_told(who, channel, rule):
    assert evaluate(PEOPLE[who], Channel.parse(channel), ORDER) is rule


def test_an_expired_token_opens_what_is_public_and_nothing_else():
    news, own = Channel.parse("public:news"), Channel.parse("user:olena")

    assert evaluate(PEOPLE["owner"], news, None, has_expired=True) is AccessRule.PUBLIC
    assert evaluate(PEOPLE["owner"], own, None, has_expired=True) is AccessRule.EXPIRED


def test_every_rule_is_explained_in_a_sentence():
    assert all(rule.explanation.endswith(".") for rule in AccessRule)
