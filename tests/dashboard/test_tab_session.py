"""What a tab remembers, and what a reset of the shop clears of it."""

import pytest

from dashboard.tab_session import ExplorerState, InboxState, TabSession


@pytest.fixture
def tab():
    return TabSession()


def test_a_reset_clears_the_filters_and_selections_of_all_pages(tab):
    url = {}
    tab.url_values.put("explorer", "channel", "user:user_3", url)
    tab.explorer.shown_id, tab.inbox.conversation_id = "m1", "conv_1"
    tab.connections.notice, tab.console.draft = "Disconnected.", "{}"

    tab.start_over(url)

    assert (tab.url_values.get("explorer", "channel", url), url) == ("", {})
    assert tab.explorer == ExplorerState(plot_version=1, **fresh_lists(tab))
    assert tab.inbox == InboxState()
    assert (tab.connections.notice, tab.console.draft) == ("", "")


def fresh_lists(tab):
    return {"messages": tab.explorer.messages, "download": tab.explorer.download}


def test_a_reset_keeps_pins_the_sidebar_and_lessons(tab):
    kept = {
        ("explorer", "pin"): "tenant:shop",
        ("sidebar", "persona"): "admin",
        ("training", "lesson"): "first",
    }
    url = {}
    for (page, parameter), value in kept.items():
        tab.url_values.put(page, parameter, value, url)

    tab.start_over(url)

    assert {key: tab.url_values.remembered(*key) for key in kept} == kept
    assert url == {"pin": "tenant:shop", "persona": "admin", "lesson": "first"}


def test_a_reset_forgets_what_the_browser_has_in_its_fields(tab):
    before = tab.widget_key("events"), tab.console.template_version

    tab.start_over({})

    assert before[0] == "events"
    assert tab.widget_key("events") != "events"
    assert tab.console.template_version > before[1]


def test_a_reset_calls_what_has_to_forget_too(tab):
    called = []
    tab.at_reset["console"] = lambda: called.append("console")

    tab.start_over({})

    assert called == ["console"]
