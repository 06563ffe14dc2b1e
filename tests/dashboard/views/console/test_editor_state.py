"""The editor's text: written from templates, kept once somebody has typed."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.console import editor_state


def editor():
    import streamlit as st

    from dashboard.ui.console_draft import EDITOR_TEXT
    from dashboard.views.console import editor_state
    from dashboard.views.console.templates import TemplateValues

    persona = st.session_state.get("persona", "customer")
    channel = "tenant:shop" if persona == "agent" else "order:ord_1"
    editor_state.initialise(persona, lambda: TemplateValues(channel=channel))
    st.text_area("Frame", key=EDITOR_TEXT, on_change=editor_state.follow_text)
    st.text(editor_state.selected_template())


@pytest.fixture
def page():
    return AppTest.from_function(editor).run()


def as_agent(page):
    page.session_state["persona"] = "agent"
    return page.run()


def test_begins_with_a_subscription_that_fits_the_persona(page):
    assert '"order:ord_1"' in page.text_area[0].value


def test_a_template_that_nobody_changed_is_written_again_for_another_persona(page):
    assert '"tenant:shop"' in as_agent(page).text_area[0].value


def test_typed_text_stays_for_another_persona(page):
    page.text_area[0].input('{"type": "ping"}').run()

    assert as_agent(page).text_area[0].value == '{"type": "ping"}'


def test_the_template_follows_typed_text(page):
    page.text_area[0].input('{"type": "ping"}').run()

    assert page.text[0].value == "ping"


def test_the_text_may_be_empty(page):
    page.text_area[0].input("").run()

    assert page.text_area[0].value == ""


def test_the_repetitions_of_a_request_have_ids_of_their_own():
    assert editor_state.with_repetition('{"type": "ping", "id": "r5"}', 2) == (
        '{"type": "ping", "id": "r5-2"}'
    )
    assert editor_state.with_repetition('{"id": "n_1"}', 2) == '{"id": "n_1"}'
