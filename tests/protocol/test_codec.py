"""Decoding of requests, and encoding of messages."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol.errors import ErrorCode, RequestError
from protocol.event_payloads import OrderStatus, OrderUpdatePayload
from protocol.messages import (
    Envelope,
    Error,
    OrderUpdate,
    Ping,
    Pong,
    SendChatMessage,
    SendChatPayload,
    Subscribe,
    SubscribePayload,
)

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("raw", "code", "id"),
    [
        ("", "invalid_message", None),
        ("{", "invalid_message", None),
        ("[]", "invalid_message", None),
        ('"ping"', "invalid_message", None),
        ("NaN", "invalid_message", None),
        ('{"payload": {}}', "invalid_message", None),
        ('{"payload": {}, "id": "1"}', "invalid_message", "1"),
        ('{"type": 5, "id": "2"}', "invalid_message", "2"),
        ('{"type": ["ping"]}', "invalid_message", None),
        ('{"type": "ping", "id": {}}', "invalid_message", None),
        ('{"type": "ping", "id": null}', "invalid_message", None),
        ('{"type": "dance", "id": 7}', "invalid_message", None),
        ('{"type": "ping", "id": "\\ud800"}', "invalid_message", None),
        ("[" * 2000 + "]" * 2000, "invalid_message", None),
        ('{"type": "ping", "deep": ' + "[" * 2000 + "]" * 2000 + "}", "invalid_message", None),
        ('{"type": "dance", "x": 1e99999999999999999999}', "invalid_message", None),
        ('{"type": "ping", "id": 5, "x": 1e99999999999999999999}', "invalid_message", None),
        ('{"type": "dance", "id": "3"}', "unknown_type", "3"),
        ('{"type": "order_update", "payload": {}, "id": "4"}', "unknown_type", "4"),
        ('{"type": "subscribe", "id": "5"}', "invalid_payload", "5"),
        ('{"type": "subscribe", "id": "6", "payload": 4}', "invalid_payload", "6"),
        ('{"type": "subscribe", "id": "7", "payload": {"channel": 4}}', "invalid_payload", "7"),
        ('{"type": "ping", "id": "8", "payload": []}', "invalid_payload", "8"),
        ('{"type": "chat_message", "id": "9", "payload": {"content": ""}}', "invalid_payload", "9"),
    ],
)
def test_a_request_is_rejected_with_the_most_specific_error(raw, code, id):
    with pytest.raises(RequestError) as rejected:
        codec.decode_client(raw)

    assert (rejected.value.code, rejected.value.id) == (code, id)


def test_a_clients_own_timestamp_and_unknown_fields_are_ignored():
    raw = '{"type": "ping", "id": "1", "timestamp": 12, "mood": "fine", "payload": {"x": 1}}'

    assert codec.decode_client(raw).id == "1"


@given(ANY_JSON)
def test_any_json_is_a_message_or_raises_a_request_error(value):
    try:
        codec.decode_client(json.dumps(value))
    except RequestError as error:
        assert error.code in set(ErrorCode)


@given(st.binary())
def test_any_bytes_are_a_message_or_raise_a_request_error(raw):
    try:
        codec.decode_client(raw)
    except RequestError as error:
        assert error.code is ErrorCode.INVALID_MESSAGE


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_the_server_decodes_what_a_client_encodes(id, text):
    for message in (
        Ping(id=id),
        Subscribe(SubscribePayload(text), id=id),
        SendChatMessage(SendChatPayload(content=text), id=id),
    ):
        assert codec.decode_client(codec.encode(message)) == message


@given(st.floats(min_value=0, max_value=4e9))
def test_adding_the_timestamp_changes_no_other_field(at):
    bare = json.loads(codec.encode(Pong(id="1")))

    stamped = json.loads(codec.encode_with_timestamp(Pong(id="1"), at))

    assert stamped == bare | {"timestamp": codec.format_timestamp(at)}


def test_a_time_is_formatted_in_utc_with_milliseconds():
    assert codec.format_timestamp(1705314600.25) == "2024-01-15T10:30:00.250Z"


def test_the_class_determines_the_type():
    shipped = OrderUpdatePayload(order_id="ord_1", status=OrderStatus.SHIPPED)

    assert codec.encode(OrderUpdate(shipped)) == (
        b'{"type":"order_update","payload":{"order_id":"ord_1","status":"shipped"}}'
    )


def test_an_error_repeats_the_id_of_the_request():
    error = RequestError(ErrorCode.FORBIDDEN, "No")

    assert json.loads(codec.encode(Error.from_request_error(error, request_id="7"))) == {
        "type": "error",
        "payload": {"code": "forbidden", "message": "No"},
        "id": "7",
    }


def test_a_forwarded_payload_keeps_its_bytes():
    envelope = Envelope("notification", codec.msgspec.Raw(b'{"a":1.50,  "b":[]}'))

    assert codec.encode(envelope) == b'{"type":"notification","payload":{"a":1.50,  "b":[]}}'


def test_decimals_keep_their_digits():
    assert codec.encode_json(codec.decode_json(b'{"total":1500.00}')) == b'{"total":1500.00}'
    assert codec.decode_json(b"0.10") == Decimal("0.10")


def nested(levels, around=b"[%b]"):
    text = b"1"
    for _ in range(levels):
        text = around % text
    return text


@pytest.mark.parametrize("around", [b"[%b]", b'{"a":%b}', b'[{"}":%b}]'])
def test_json_may_be_nested_up_to_a_limit(around):
    levels = codec.MAX_NESTING // (2 if around.startswith(b"[{") else 1)

    assert not codec.is_nested_too_deeply(nested(levels, around))
    assert codec.is_nested_too_deeply(nested(levels + 1, around))


def test_brackets_in_strings_and_beside_one_another_are_no_nesting():
    assert not codec.is_nested_too_deeply(b'["' + b"[" * 100 + rb"\"[" + b'"]')
    assert not codec.is_nested_too_deeply(b"[" + b",".join([b"[]"] * 100) + b"]")


@given(st.recursive(st.none() | st.text('[]{}"\\a'), lambda inner: st.lists(inner, max_size=3)))
def test_the_depth_of_json_is_that_of_its_values(value):
    def depth(value):
        return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0

    wrapped = value
    for _ in range(codec.MAX_NESTING - 1):
        wrapped = [wrapped]

    is_too_deep = depth(wrapped) > codec.MAX_NESTING
    assert codec.is_nested_too_deeply(codec.encode_json(wrapped)) is is_too_deep
