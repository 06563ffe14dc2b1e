"""Published events are validated, and forwarded as published."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import PUBLISHABLE_TYPES, validate_event
from protocol.event_payloads import CartUpdatePayload

ORDER = {
    "id": "ord_1",
    "number": "ORD-1",
    "total": 20.5,
    "currency": "UAH",
    "status": "pending",
    "customer": {"id": "user_1", "name": "Олена"},
    "items": [{"product_id": "prod_1", "name": "Чайник", "quantity": 2, "price": 10.25}],
    "created_at": "2024-01-15T10:30:00Z",
}
GOOD = {
    "order_update": {"order_id": "ord_1", "status": "shipped"},
    "notification": {"id": "n_1", "title": "Увага", "body": "Знижки"},
    "cart_update": {"action": "cleared", "cart": {"id": "c_1", "item_count": 0, "total": 0}},
    "inventory_alert": {
        "product_id": "prod_1",
        "product_name": "Чайник",
        "sku": "KETTLE",
        "current_quantity": 5,
        "threshold": 10,
        "alert_type": "low_stock",
        "location": "Київ",
    },
    "new_order": {"order": ORDER},
    "customer_activity": {
        "customer": {"id": "user_1", "name": "Олена"},
        "action": "arrived",
        "created_at": "2024-01-15T10:30:00Z",
    },
}


def raw(value):
    return json.dumps(value, ensure_ascii=False).encode()


def test_only_events_can_be_published():
    assert set(GOOD) == PUBLISHABLE_TYPES


@pytest.mark.parametrize("type_", GOOD)
def test_the_required_fields_with_unknown_ones_are_valid(type_):
    published = GOOD[type_] | {"loyalty": {"points": 7}}

    _, forwarded = validate_event(type_, raw(published))

    assert json.loads(forwarded) == published


@pytest.mark.parametrize(
    ("type_", "field"),
    [(type_, field) for type_, payload in GOOD.items() for field in payload],
)
def test_a_missing_required_field_is_named_in_the_error(type_, field):
    payload = {name: value for name, value in GOOD[type_].items() if name != field}

    with pytest.raises(ValueError, match=field):
        validate_event(type_, raw(payload))


@pytest.mark.parametrize("type_", ["ping", "chat_message", "traffic", "auth_success", ""])
def test_other_types_are_rejected(type_):
    with pytest.raises(ValueError, match="cannot be published"):
        validate_event(type_, b"{}")


@pytest.mark.parametrize(
    "payload",
    [b"[]", b"null", b"{", b"\xff", b'{"order_id":"\xff","status":"paid"}', b'{"x":"\\ud800"}'],
)
def test_a_payload_that_is_no_object_is_rejected(payload):
    with pytest.raises(ValueError, match=r"."):
        validate_event("order_update", payload)


def test_invalid_utf8_in_an_unknown_field_is_rejected():
    """
    If forwarded, it would close the connection of every browser that receives it.
    """
    with pytest.raises(ValueError, match="utf-8"):
        validate_event("order_update", b'{"order_id":"1","status":"paid","note":"\xff"}')


@pytest.mark.parametrize(
    ("written", "leaves"),
    [(b"1500", b"1500.00"), (b"1500.5", b"1500.50"), (b"1.5e3", b"1500.00"), (b"0", b"0.00")],
)
def test_money_is_forwarded_with_two_decimal_places(written, leaves):
    cart = b'{"action":"cleared","cart":{"id":"c","item_count":0,"total":%b},"ratio":0.125}'

    event, forwarded = validate_event("cart_update", cart % written)

    assert forwarded == cart % leaves
    assert isinstance(event, CartUpdatePayload)


def test_money_is_normalized_in_every_line_of_an_order():
    _, forwarded = validate_event("new_order", raw({"order": ORDER}))

    assert b'"total":20.50' in forwarded
    assert b'"price":10.25' in forwarded


@pytest.mark.parametrize(
    "written",
    [b'"1500"', b"true", b"1.005", b"1e999", b"1e99999999999999999999", b"NaN", b"null", b"[]"],
)
def test_an_invalid_amount_of_money_is_rejected(written):
    cart = b'{"action":"cleared","cart":{"id":"c","item_count":0,"total":%b}}'

    with pytest.raises(ValueError, match=r"."):
        validate_event("cart_update", cart % written)


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none()),
)
def test_all_other_fields_are_forwarded_unchanged(total, extra):
    cart = {"id": "c", "item_count": 1, "total": float(total), "extra": extra}
    published = {"action": "item_added", "cart": cart, **{f"x{k}": v for k, v in extra.items()}}

    _, forwarded = validate_event("cart_update", raw(published))

    assert json.loads(forwarded) == published
