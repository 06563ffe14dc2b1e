"""The draft of the Console, taken from the link of a message."""

import json
from contextlib import ExitStack

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.dependencies import Dependencies, install
from dashboard.messages.message_ids import message_id
from dashboard.sources.saved_messages import SavedMessages
from dashboard.state.message_log import LoggedMessage


def page():
    """A page that shows the draft."""
    import streamlit as st  # AppTest runs the source of this function alone

    from dashboard.tab_session import tab
    from dashboard.ui import console_draft

    console_draft.take_from_url()
    st.text(tab().console.draft)


@pytest.fixture
def saved(tmp_path):
    return SavedMessages(tmp_path)


@pytest.fixture
def open_console(busy_feed, saved):
    def go(send):
        opened = AppTest.from_function(page)
        opened.query_params["send"] = send
        return opened.run()

    with ExitStack() as installed:
        installed.enter_context(install(Dependencies(feed=busy_feed, saved_messages=saved)))
        yield go


def test_a_link_puts_the_message_into_the_editor_once(open_console, busy_feed):
    update = [*busy_feed.snapshot().log.newest_first()][2]

    opened = open_console(message_id(update))

    draft = json.loads(opened.text[0].value)
    assert (draft["channel"], draft["type"]) == ("order:ord_1", "order_update")
    assert draft["payload"]["status"] == "paid"
    assert "send" not in opened.query_params  # a reload keeps what was edited


def test_a_link_to_a_saved_message_works_after_a_restart(open_console, saved, shop):
    at = shop.noon - 1e6
    saved.save(LoggedMessage(9999, at, "user:user_7", "cart_update", 1, shop.message()))

    opened = open_console(message_id(saved.messages()[0]))

    assert json.loads(opened.text[0].value)["channel"] == "user:user_7"


def test_a_link_to_a_message_that_is_not_stored_says_so(open_console):
    opened = open_console("9999-1")

    assert opened.toast[0].value == (
        "The workbench no longer has this message, so it is not in the editor."
    )
    assert opened.text[0].value == ""
