"""Parsing of channel names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.channels import MAX_NAME_LENGTH, Channel, ChannelKind, is_valid_key
from protocol.errors import ErrorCode, RequestError

KEYS = st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True)


@given(st.sampled_from(ChannelKind), KEYS)
def test_a_name_consists_of_kind_and_key(kind, key):
    assert Channel.parse(f"{kind}:{key}") == (kind, key, "")
    assert str(Channel(kind, key)) == f"{kind}:{key}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "user",
        "user:",
        ":7",
        "USER:7",
        "stock:7",
        "user:7:8",
        "user:7 ",
        "user:7\n",
        "user:сім",
        "user:٧",
        "public:a/b",
        "user:\x00",
        "public:" + "a" * (MAX_NAME_LENGTH - len("public:") + 1),
    ],
)
def test_a_malformed_name_gets_the_same_error_as_a_forbidden_one(name):
    with pytest.raises(RequestError) as rejected:
        Channel.parse(name)

    assert rejected.value.code is ErrorCode.FORBIDDEN
    assert name not in str(rejected.value) or not name


def test_a_name_may_have_the_maximum_length():
    assert Channel.parse("public:" + "a" * (MAX_NAME_LENGTH - len("public:")))


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        (Channel.parse("order:ord_1", "shop"), "order:shop:ord_1"),
        (Channel.parse("order:ord_1"), "order:ord_1"),
        (Channel.parse("user:olena", "shop"), "user:olena"),
        (Channel.parse("tenant:shop", "books"), "tenant:shop"),
    ],
)
def test_servers_tell_orders_of_tenants_apart_by_the_internal_name(channel, name):
    assert channel.internal_name == name
    assert Channel.from_internal_name(name) == channel
    assert str(channel).count(":") == 1


@pytest.mark.parametrize(
    "name", ["user:shop:olena", "order::ord_1", "order:a:b:c", "order:a b:c", "order", ""]
)
def test_what_is_no_internal_name_is_rejected(name):
    with pytest.raises((ValueError, RequestError)):
        Channel.from_internal_name(name)


@given(st.text())
def test_any_text_is_a_channel_or_is_forbidden(name):
    try:
        assert str(Channel.parse(name)) == name
    except RequestError as error:
        assert error.code is ErrorCode.FORBIDDEN


@given(st.text(max_size=200) | KEYS)
def test_a_key_is_valid_if_it_is_for_every_kind(text):
    def parses(kind):
        try:
            return Channel.parse(f"{kind}:{text}") is not None
        except RequestError:
            return False

    assert is_valid_key(text) == all(map(parses, ChannelKind))
