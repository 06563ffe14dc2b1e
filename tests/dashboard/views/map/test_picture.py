"""Where a click in the map leads, and what of it the URL keeps."""

import re

import pytest

from dashboard.dependencies import Dependencies, install
from dashboard.views.map import picture, texts
from dashboard.web.assets import MAP_MODULES_DIR

EXPLORER, CONNECTIONS = picture.EXPLORER, picture.CONNECTIONS


@pytest.mark.parametrize(
    ("clicked", "page", "query"),
    [
        ({"explorer": "user:user_1"}, EXPLORER, {"user": "user_1"}),
        ({"connections": "user:user_1"}, CONNECTIONS, {"who": "user_1"}),
        ({"explorer": "tenant:shop"}, EXPLORER, {"channel": "tenant:shop"}),
        ({"connections": "tenant:shop"}, CONNECTIONS, {"channel": "tenant:shop"}),
        ({"explorer": "order:…"}, EXPLORER, {"channel": "order:"}),
        ({"explorer": "user:+"}, EXPLORER, {"channel": "user:"}),
        ({"explorer": "*"}, EXPLORER, {"channel": "*"}),
        ({"explorer": "from:carts"}, EXPLORER, {"type": "cart_update"}),
        ({"explorer": 7}, EXPLORER, {"channel": ""}),
    ],
)
def test_a_focus_leads_to_the_page_that_is_filtered_to_it(clicked, page, query):
    assert picture.link_to(clicked) == (page, query)


def test_a_dot_leads_to_its_message(busy_feed):
    message = next(busy_feed.snapshot().log.newest_first())
    with install(Dependencies(feed=busy_feed)):
        page, query = picture.link_to({"seq": message.seq, "channel": message.channel})

    assert page == EXPLORER
    assert query["channel"] == message.channel
    assert query["message"].startswith(f"{message.seq}-")


def test_a_dot_whose_message_is_no_longer_stored_leads_to_its_channel(busy_feed):
    with install(Dependencies(feed=busy_feed)):
        assert picture.link_to({"seq": 10**9, "channel": "tenant:shop"}) == (
            EXPLORER,
            {"channel": "tenant:shop"},
        )


def test_every_text_that_a_module_names_exists():
    named = {
        name
        for module in MAP_MODULES_DIR.glob("*.js")
        for name in re.findall(r'(?:text|count)\(\s*"([A-Za-z-]+)"', module.read_text())
    }

    assert len(named) > 30
    assert named - texts.all_texts().keys() == set()


def test_every_text_with_a_number_has_a_form_for_each_plural():
    found = texts.all_texts()

    assert {len(forms) for forms in found.values() if isinstance(forms, list)} == {3}
    assert all(text for text in found.values())
