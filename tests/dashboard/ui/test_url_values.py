"""The values of the pages' URL parameters, without a browser."""

import pytest

from dashboard.ui.url_values import EVERY_PAGE, UrlValues


@pytest.fixture
def values():
    return UrlValues()


def test_a_value_is_in_the_url_unless_it_is_the_default(values):
    url = {}

    values.put("explorer", "sort", "total", url, default="rate")
    assert url == {"sort": "total"}
    values.put("explorer", "sort", "rate", url, default="rate")

    assert url == {}
    assert values.get("explorer", "sort", url) == "rate"


def test_each_page_has_its_own_value_of_a_parameter(values):
    url = {"sort": "total"}
    assert values.get("explorer", "sort", url) == "total"

    assert values.get("connections", "sort", url) == ""
    values.put("connections", "sort", "waiting", url)

    assert values.get("explorer", "sort", url) == "total"
    assert url == {"sort": "waiting"}


def test_a_page_that_is_shown_again_has_its_values_in_the_url(values):
    url = {}
    values.open_page("explorer", (), url)
    values.put("explorer", "sort", "total", url)
    values.open_page("orders", (), {})
    later = {}

    values.open_page("explorer", (), later)

    assert later == {"sort": "total"}


def test_what_the_page_before_wrote_into_the_url_is_not_for_the_next_page(values):
    url = {}
    values.open_page("explorer", (), url)
    values.put("explorer", "channel", "user:user_1", url)

    values.open_page("connections", ("channel",), url)

    assert values.get("connections", "channel", url) == ""
    assert not values.take_link("connections")


def test_a_link_to_a_subject_replaces_the_others_and_is_taken_once(values):
    url = {}
    values.open_page("explorer", ("channel", "text"), url)
    values.put("explorer", "text", "refund", url)
    values.open_page("orders", (), {})

    values.open_page("explorer", ("channel", "text"), {"channel": "order:ord_1"})

    assert values.get("explorer", "channel", {"channel": "order:ord_1"}) == "order:ord_1"
    assert values.remembered("explorer", "text") is None
    assert [values.take_link("explorer"), values.take_link("explorer")] == [True, False]


def test_a_selection_wins_over_the_url_before_it_until_the_browser_has_the_new_one(values):
    values.put("orders", "order", "ord_1", {})
    values.put("orders", "order", "ord_2", {})

    assert values.asked("orders", "order", {"order": "ord_1"}) == "ord_2"
    values.begin_redraw({"order": "ord_2"})  # the run that selected it has not drawn yet
    assert values.asked("orders", "order", {"order": "ord_1"}) == "ord_2"
    values.end_redraw()
    values.begin_redraw({"order": "ord_2"})

    assert values.asked("orders", "order", {"order": "ord_1"}) == "ord_1"  # gone back to


def test_only_what_is_every_pages_goes_into_a_new_tab(values):
    url = {}
    values.put(EVERY_PAGE, "persona", "agent", url)
    values.put("orders", "find", "Olena", url)

    assert values.shared(url) == {"persona": "agent"}


def test_after_a_reset_an_earlier_url_brings_nothing_back(values):
    url = {}
    values.put("explorer", "channel", "user:user_1", url)
    values.put("explorer", "pin", "tenant:shop", url)

    values.start_over(lambda page, parameter: parameter == "pin", url)

    assert url == {"pin": "tenant:shop"}
    assert values.asked("explorer", "channel", {"channel": "user:user_1"}) == ""
    assert values.asked("explorer", "channel", {"channel": "user:user_2"}) == "user:user_2"
