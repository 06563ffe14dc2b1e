"""What a person may look for in a message."""

import pytest

from common import text_patterns
from common.text_patterns import InvalidPattern, JsonPathPattern

CART = (
    '{"type":"cart_update","payload":{"cart":{"item_count":3,"total":1500.10},'
    '"items":[{"name":"Кобзар","quantity":2}]}}'
).encode()


@pytest.mark.parametrize(
    "text",
    [
        "кобзар",
        "/коб.ар/",
        "/Total.:15/",
        "$.payload.cart",
        "$..name",
        "$[?@.cart.total > 1500]",
        "$.payload.items[?@.quantity == 2 && @.name == 'Кобзар']",
        "$.payload.items[?length(@.name) == 6]",
    ],
)
def test_is_found(text):
    assert text_patterns.parse_pattern(text).matches(CART)


@pytest.mark.parametrize(
    "text", ["коб.ар", "/^Кобзар/", "$.payload.order", "$[?@.cart.total > 2000]"]
)
def test_is_not_found(text):
    assert not text_patterns.parse_pattern(text).matches(CART)


def test_nothing_is_looked_for_where_nothing_was_typed():
    assert text_patterns.parse_pattern("") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/(/", "missing"),
        (r"/(.)\1/", "invalid escape"),
        ("/(?=a)/", "invalid perl operator"),
        ("/(a{1000}){1000}/", "invalid repetition"),
        ("$.", "expected"),
        ("$[?", "unexpected end"),
        ("$[" + "(" * 250, "."),
        ("$..a..b..c", "descents"),
        ("$[?match(@.a, '(a+)+')]", "match"),
        ("a" * 301, "longer than 300"),
    ],
)
def test_says_what_is_wrong(text, why):
    with pytest.raises(InvalidPattern, match=why):
        text_patterns.parse_pattern(text)


def test_an_expression_that_ruins_others_is_as_quick_as_any():
    """
    With backtracking this would not end while anybody waits.
    """
    assert not text_patterns.parse_pattern("/(a+)+$/").matches(b"a" * 100_000 + b"!")


def test_a_path_hands_out_what_it_selects():
    assert JsonPathPattern("$.payload.items[*].name").values(CART) == ["Кобзар"]
    assert JsonPathPattern("$.payload.order").values(CART) == []


def test_a_message_too_deep_for_a_path_has_nothing_to_select():
    assert not JsonPathPattern("$..name").matches(b"[" * 500 + b"]" * 500)
