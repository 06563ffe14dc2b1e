"""Search patterns for messages: text, regular expressions and JSON paths."""

import pytest

from common import text_patterns
from common.text_patterns import InvalidPattern, JsonPathPattern, PatternTooSlow

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
def test_a_pattern_matches_a_message(text):
    assert text_patterns.parse_pattern(text).matches(CART)


@pytest.mark.parametrize(
    "text", ["коб.ар", "/^Кобзар/", "$.payload.order", "$[?@.cart.total > 2000]"]
)
def test_a_pattern_does_not_match_a_message(text):
    assert not text_patterns.parse_pattern(text).matches(CART)


def test_an_empty_text_is_no_pattern():
    assert text_patterns.parse_pattern("") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/(/", "missing"),
        (r"/(.)\1/", "invalid escape"),
        ("/(?=a)/", "invalid perl operator"),
        ("/(a{1000}){1000}/", "invalid repetition"),
        ("$.", "expected"),
        ("$[?", "unexpected end"),
        ("$[" + "(" * 250, "."),
        ("$..a..b", "only once"),
        ("$..[?count($..*)>9]", "only once"),
        ("$[?match(@.a, '(a+)+')]", "match"),
        ("a" * 301, "longer than 300"),
    ],
)
def test_an_invalid_pattern_is_rejected_with_the_reason(text, reason):
    with pytest.raises(InvalidPattern, match=reason):
        text_patterns.parse_pattern(text)


def test_an_expression_that_makes_backtracking_engines_hang_is_fast():
    """
    With backtracking this would take practically forever.
    """
    assert not text_patterns.parse_pattern("/(a+)+$/").matches(b"a" * 100_000 + b"!")


def test_a_path_returns_the_values_it_selects():
    assert JsonPathPattern("$.payload.items[*].name").values(CART) == ["Кобзар"]
    assert JsonPathPattern("$.payload.order").values(CART) == []


def test_a_path_selects_nothing_in_a_message_nested_too_deeply():
    assert not JsonPathPattern("$..name").matches(b"[" * 500 + b"]" * 500)


def test_a_path_selects_nothing_in_a_message_with_a_number_beyond_a_float():
    pattern = JsonPathPattern("$.total")

    assert not pattern.matches(b'{"total":1e999}')
    assert pattern.values(b'{"total":1e999}') == []
    assert pattern.compared_fields(b'{"total":1e999}') == []


@pytest.mark.parametrize(
    "path",
    ["$..[?count(@.*) > 9]", "$[?@.a == 1 || @.b == 2 || @[0] == 3]", "$[?count($.*[*]) > 9]"],
)
def test_a_path_that_takes_too_many_steps_is_an_error(path, monkeypatch):
    monkeypatch.setattr(text_patterns, "MAX_STEPS", 1000)
    message = f"[{','.join(['{}'] * 1000)}]".encode()

    with pytest.raises(PatternTooSlow):
        JsonPathPattern(path).matches(message)


def test_the_values_of_a_path_end_where_its_steps_do(monkeypatch):
    monkeypatch.setattr(text_patterns, "MAX_STEPS", 1000)
    message = f"[{','.join(['[0]'] * 900)}]".encode()

    first, *others = JsonPathPattern("$..[0]").values(message)

    assert (first, set(others)) == ([0], {0})
    assert len(others) < 900
