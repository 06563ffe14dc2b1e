"""Conditions on the fields of a message."""

from decimal import Decimal

import pytest

from common import field_conditions, text_patterns
from common.field_conditions import InvalidCondition
from common.text_patterns import ConditionPattern, RegexPattern

CART = (
    '{"type":"cart_update","payload":{"action":"item_added","is_new":true,"note":null,'
    '"cart":{"item_count":3,"total":25000.10},"phone":"0501234567",'
    '"items":[{"name":"Кобзар","quantity":2},{"name":"Тигролови","quantity":1}]},'
    '"timestamp":"2026-11-26T07:00:00.000Z"}'
).encode()


@pytest.mark.parametrize(
    "text",
    [
        "total > 20000",
        "cart.total > 20000",
        "payload.cart.total>20000",
        "cart.total >= 25000.10",
        "cart.total < 25 001",
        "cart.total <= 3e4",
        "item_count = 3",
        "item_count == 3",
        "item_count != 4",
        "action = ITEM_ADDED",
        'action = "item_added"',
        "type = cart_update",
        "items.name contains коб",
        "items.1.name = тигролови",
        "name ~ ^коб.ар$",
        "is_new = true",
        "note = null",
        "phone = 501234567",
        "timestamp >= 2026-11-26T06",
        "cart.total > 20000 and action = item_added",
        "cart.total > 20000 && items.quantity = 1",
    ],
)
def test_a_condition_matches_a_message(text):
    pattern = text_patterns.parse_pattern(text)

    assert isinstance(pattern, ConditionPattern)
    assert pattern.matches(CART)


@pytest.mark.parametrize(
    "text",
    [
        "total > 26000",
        "order.total > 1",
        "cart.item_count = 30",
        "item_count != 3",
        "items.2.name = Кобзар",
        "action > 5",
        "cart > 5",
        "is_new > 0",
        "cart.total > 20000 and action = cleared",
        "missing != 1",
    ],
)
def test_a_condition_does_not_match_a_message(text):
    assert not text_patterns.parse_pattern(text).matches(CART)


@pytest.mark.parametrize("text", ["кобзар", "a and b", "2 > 1", "> 5", '"total":25', "x: y = z"])
def test_other_texts_are_words(text):
    assert isinstance(text_patterns.parse_pattern(text), RegexPattern)


def test_a_quoted_value_may_contain_and():
    (condition,) = field_conditions.parse_conditions("name = 'a and b = c'")

    assert condition.text == "a and b = c"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cart.total >", "no value after >"),
        ("cart.total => 5", "unknown operator =>"),
        ("cart.total > 5 and ", "no condition after `and`"),
        ("cart.total > 5 or item_count = 3", "only `and`"),
        ("name ~ (", "missing"),
    ],
)
def test_an_invalid_condition_is_rejected_with_the_reason(text, reason):
    with pytest.raises(InvalidCondition, match=reason):
        field_conditions.parse_conditions(text)


def test_the_fields_that_match_are_named_by_their_path():
    pattern = text_patterns.parse_pattern("total > 1 and items.name contains коб")

    assert pattern.found(CART) == [
        ("payload.cart.total", Decimal("25000.10")),
        ("payload.items.0.name", "Кобзар"),
    ]


def test_names_written_with_escapes_are_found():
    assert text_patterns.parse_pattern("назва = 1").matches(
        rb'{"\u043d\u0430\u0437\u0432\u0430":1}'
    )


def test_a_message_nested_too_deeply_matches_nothing():
    deep = b'{"total":' + b"[" * 5000 + b"]" * 5000 + b"}"

    assert not text_patterns.parse_pattern("total > 1").matches(deep)


def test_a_very_long_number_is_no_number():
    assert not text_patterns.parse_pattern("n = 1").matches(b'{"n":"' + b"1" * 5000 + b'"}')


BEYOND_DECIMAL = "1e9999999999999999999"


@pytest.mark.parametrize("value", [BEYOND_DECIMAL, f'"{BEYOND_DECIMAL}"'])
def test_a_number_beyond_decimal_is_compared_as_text(value):
    message = f'{{"n":{value},"name":"a"}}'.encode()

    assert not text_patterns.parse_pattern("n > 1").matches(message)
    assert text_patterns.parse_pattern(f"n = {BEYOND_DECIMAL} and name = a").matches(message)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("cart.total", Decimal("25000.10"), "cart.total = 25000.10"),
        ("action", "item_added", "action = item_added"),
        ("items.0.name", "Кобзар", "items.name = Кобзар"),
        ("is_new", True, "is_new = true"),
        ("note", None, "note = null"),
        ("title", "Buy now and save", 'title = "Buy now and save"'),
        ("title", "= 5", 'title = "= 5"'),
        ("title", "", 'title = ""'),
        ("title", 'a "b"', "title = 'a \"b\"'"),
        ("title", """Tom's "big" shop""", """title contains 's "big" shop'"""),
        ("title", "'\"", "title contains '\"'"),
        ("body", "Hello,\nthank you", 'body contains "thank you"'),
        ("body", "x" * 99, f'body contains "{"x" * 60}"'),
    ],
)
def test_a_value_becomes_a_condition_that_matches_it(path, value, text):
    assert field_conditions.format_condition(path, value) == text

    (condition,) = field_conditions.parse_conditions(text)
    assert condition.matches_value(value)
