"""What a search found in a message, in one line with marks."""

from common.text_patterns import parse_pattern
from dashboard.messages.matches import describe_match, mark_matches
from dashboard.state.message_log import LoggedMessage

CART = LoggedMessage(
    1,
    1.0,
    "user:user_1",
    "cart_update",
    1,
    '{"type":"cart_update","payload":{"action":"item_added","cart":{"id":"c","total":25000.50},'
    '"item":{"product_id":"prod_77","name":"Дуже довга назва книжки, яка не вміщується, Кобзар"}}}'
    "".encode(),
)


def shown(text):
    """The line, with the marked parts in brackets."""
    pattern = parse_pattern(text)
    line = describe_match(CART, pattern)
    for start, end in reversed([*mark_matches(pattern)(line)]):
        line = f"{line[:start]}[{line[start:end]}]{line[end:]}"
    return line


def test_without_a_search_it_is_the_summary():
    assert shown("").startswith("item_added · total 25000.50")


def test_a_condition_shows_the_compared_fields_first():
    line = shown("action = item_added and total > 20000")

    assert line.startswith("[action item_added · cart.total 25000.50] — item_added")


def test_short_fields_come_before_long_ones():
    assert shown("item.name contains кобзар and total > 1").startswith(
        "[cart.total 25000.50 · item.name Дуже"
    )


def test_the_filter_of_a_path_shows_the_compared_fields_first():
    assert shown("$[?@.cart.total > 20000]").startswith("[cart.total 25000.50] — item_added")


def test_a_path_shows_what_it_selects():
    assert shown("$.payload.cart.total") == "25000.5"


def test_words_are_marked_in_the_summary():
    assert shown("ITEM_added").startswith("[item_added] · total")


def test_a_summary_is_cut_where_the_match_would_not_be_seen():
    assert shown("кобзар").startswith("…")
    assert shown("кобзар").endswith("[Кобзар]")


def test_words_outside_of_the_summary_are_shown_in_the_json():
    assert '"product_id":"[prod_77]"' in shown("prod_77")
