"""Suggestions for patterns that are invalid or find nothing."""

import pytest

from common.pattern_suggestions import suggest_pattern
from common.text_patterns import parse_pattern


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("$.payload.cart.total > 20000", "$[?@.cart.total > 20000]"),
        ("$.cart.total > 20000", "$[?@.cart.total > 20000]"),
        ("$.payload.cart[?total>20000]", "$[?@.cart.total > 20000]"),
        ("$.payload.cart[?(@.total > 20000)]", "$[?@.cart.total > 20000]"),
        ("$[?total > 20000]", "$[?@.total > 20000]"),
        ("$[?@.cart.total = 5]", "$[?@.cart.total == 5]"),
        ("$[?@.cart.total > 20000", "$[?@.cart.total > 20000]"),
        ("$[?action = item_added and cart.total > 5]", None),
        ("@.cart.total > 1", "$[?@.cart.total > 1]"),
        ("$.type == 'cart_update'", "type = 'cart_update'"),
        ("$.payload.action ~ added", "action ~ added"),
        ("cart.total => 5", "cart.total >= 5"),
        ("cart.total <> 5", "cart.total != 5"),
        ("cart.total", "$.payload.cart.total"),
        ("/(/", r"/\(/"),
        ("cart_update cart total > 20000", "type = cart_update and cart.total > 20000"),
        ("cart_update total > 20000", "type = cart_update and total > 20000"),
        ("cart_update and cart.total>20000", "type = cart_update and cart.total > 20000"),
        ("cart_update cart.total > 20000", "type = cart_update and cart.total > 20000"),
        ("cart total > 20000", "cart.total > 20000"),
    ],
)
def test_the_nearest_valid_form_is_suggested(text, suggestion):
    found = suggest_pattern(text)

    assert found == (suggestion or "$[?@.action == 'item_added' && @.cart.total > 5]")
    assert parse_pattern(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "кобзар",
        "cart.total > 20000",
        "$[?@.cart.total > 20000]",
        "$.payload[?@.total > 5]",
        "$.payload.cart",
        "/paid/",
        "cart.total >",
        "a" * 301,
    ],
)
def test_nothing_is_suggested_where_nothing_is_better(text):
    assert suggest_pattern(text) == ""
