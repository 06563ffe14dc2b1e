"""Received messages as publications."""

from dashboard.messages.republish import as_publication
from protocol import codec


def test_goes_to_the_same_channel_without_the_timestamp():
    seen = b'{"type":"cart_update","payload":{"total":1500.00},"timestamp":"2026-01-01T00:00:00Z"}'

    text = as_publication("user:user_1", seen)

    assert codec.decode_json(text)["channel"] == "user:user_1"
    assert codec.decode_json(text)["type"] == "cart_update"
    assert "timestamp" not in text


def test_goes_to_everyone_if_it_came_to_everyone():
    text = as_publication("*", b'{"type":"notification","payload":{}}')

    assert codec.decode_json(text)["everyone"] is True


def test_keeps_numbers_escapes_and_duplicate_keys_as_received():
    text = as_publication("public:x", rb'{"type":"t","payload":{"a":1e5,"a":1500.00,"b":"\u0416"}}')

    assert '"a": 1e5' in text
    assert '"a": 1500.00' in text
    assert r'"b": "\u0416"' in text


def test_has_an_empty_payload_if_the_message_has_none():
    assert codec.decode_json(as_publication("public:x", b'{"type":"t"}'))["payload"] == {}
