"""Addresses of publications: exactly one, and never everyone by mistake."""

import pytest
from msgspec import Raw

from protocol.channels import Channel, ChannelKind
from protocol.errors import RequestError
from protocol.publications import EVERYONE, PublishRequest
from protocol.publish_request import prepare_publication


def publication(**address):
    return PublishRequest(type="notification", payload=Raw(b"{}"), **address)


def test_a_user_is_addressed_by_their_channel():
    assert publication(user="user_7").address() == publication(channel="user:user_7").address()
    assert publication(user="user_7").address() == Channel(ChannelKind.USER, "user_7")


def test_everyone_is_an_address():
    assert publication(everyone=True).address() is EVERYONE


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"everyone": False},
        {"everyone": False, "user": "user_7"},
        {"channel": "public:news", "user": "user_7"},
        {"channel": "public:news", "everyone": True},
    ],
)
def test_no_address_or_several_are_rejected(address):
    with pytest.raises(ValueError, match="everyone"):
        publication(**address).address()


@pytest.mark.parametrize("address", [{"channel": "news"}, {"channel": ""}, {"user": "a b"}])
def test_a_malformed_address_is_rejected(address):
    with pytest.raises(RequestError):
        publication(**address).address()


def test_a_payload_that_is_nested_too_deeply_is_rejected():
    payload = b'{"id":"n","title":"t","body":"b","more":' + b"[" * 100 + b"]" * 100 + b"}"
    request = PublishRequest(type="notification", payload=Raw(payload), user="user_7")

    with pytest.raises(ValueError, match="at most 64 levels"):
        prepare_publication(request, now=0.0, tenant="shop")
