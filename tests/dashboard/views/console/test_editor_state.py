"""The editor's text: written from templates, kept once somebody has typed."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.console import editor_state


def editor():
    import streamlit as st

    from dashboard.frames.templates import TEMPLATE_TITLES, TemplateValues
    from dashboard.tab_session import tab
    from dashboard.ui.console_draft import EDITOR_TEXT
    from dashboard.views.console import editor_state

    persona = st.session_state.get("persona", "customer")
    channel = "tenant:shop" if persona == "agent" else st.session_state.get("order", "order:ord_1")
    at = st.session_state.get("at", 0.0)

    def values():
        return TemplateValues(channel=channel, at=at)

    editor_state.initialise(persona, values)
    # The browser may report the text before the template, and by a widget that the page replaced.
    st.text_area("Frame", key=EDITOR_TEXT, on_change=editor_state.follow_typed_text)
    key = editor_state.prepare_choice()
    shown = st.session_state.get("late", key)
    name = st.selectbox(
        "Template",
        list(TEMPLATE_TITLES),
        key=shown,
        on_change=editor_state.follow_choice,
        args=(shown, values),
    )
    if shown == key:
        editor_state.keep_choice(key, name)
    st.button("Send", on_click=editor_state.increment_id)
    st.text(editor_state.selected_template())
    st.text(editor_state.other_persona())
    st.text(editor_state.shown_text())
    st.text(tab().console.written_version)


@pytest.fixture
def page():
    return AppTest.from_function(editor).run()


def report(page, text):
    """Report what the browser has in its editor, now that it has what the page wrote last."""
    page.session_state["json-editor"] = {"typed": {"text": text, "version": version(page)}}


def version(page):
    return int(page.text[3].value)


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


def test_typed_text_names_the_persona_that_it_was_written_as(page):
    page.text_area[0].input('{"type": "ping"}').run()
    assert page.text[1].value == ""

    assert as_agent(page).text[1].value == "customer"


def test_a_template_that_fits_every_persona_names_none(page):
    page.session_state["console-template-0-en"] = "ping"

    assert as_agent(page.run()).text[1].value == ""


def test_what_the_browser_reported_before_a_template_is_not_shown(page):
    report(page, page.text_area[0].value)
    page.session_state["order"] = "order:ord_2"

    assert '"order:ord_2"' in page.run().text[2].value


def test_a_template_that_nobody_changed_is_written_again_with_new_values(page):
    page.session_state["order"] = "order:ord_2"

    assert '"order:ord_2"' in page.run().text_area[0].value


def test_typed_text_keeps_its_values(page):
    text = page.text_area[0].value.replace("r1", "mine")
    page.text_area[0].input(text).run()
    page.session_state["order"] = "order:ord_2"

    assert page.run().text_area[0].value == text


def test_a_template_is_not_written_again_for_another_time(page):
    page.session_state["console-template-0-en"] = "publish notification"
    page.session_state["at"] = 1_700_000_000.0

    assert page.run().text_area[0].value == page.run().text_area[0].value


def test_a_late_message_of_the_browser_does_not_undo_the_template(page):
    before = page.text_area[0].value
    report(page, before)
    page.session_state["order"] = "order:ord_2"
    page.run()

    page.text_area[0].input(before).run()

    assert '"order:ord_2"' in page.text_area[0].value


def test_a_late_message_of_the_browser_does_not_undo_the_next_id(page):
    before = page.text_area[0].value
    report(page, before)
    page.button[0].click().run()
    assert '"r2"' in page.text_area[0].value

    page.text_area[0].input(before).run()

    assert '"r2"' in page.text_area[0].value


@pytest.mark.parametrize("sent", [1, 2, 3])
def test_a_message_of_before_a_request_was_sent_does_not_undo_a_template(page, sent):
    texts = [page.text_area[0].value]
    report(page, texts[0])
    for _ in range(sent):
        page.button[0].click().run()
        texts.append(page.text_area[0].value)
    page.selectbox[0].select("publish notification").run()

    for late in texts:
        page.text_area[0].input(late).run()

        assert '"notification"' in page.text_area[0].value
        assert page.text[0].value == "publish notification"


def test_a_message_of_before_does_not_undo_a_template_that_was_selected_before(page):
    for name in ("ping", "publish notification"):
        page.selectbox[0].select(name).run()
    report(page, page.text_area[0].value)
    page.run()
    page.selectbox[0].select("ping").run()
    late = page.text_area[0].value
    page.selectbox[0].select("publish notification").run()

    page.text_area[0].input(late).run()

    assert page.text[0].value == "publish notification"


def test_a_text_of_before_may_be_typed_again_after_another(page):
    before = page.text_area[0].value
    page.button[0].click().run()

    page.text_area[0].input('{"type": "ping"}').run()
    page.text_area[0].input(before).run()

    assert page.text_area[0].value == before


def test_the_text_before_a_template_may_be_typed_again(page):
    before = page.text_area[0].value
    page.session_state["order"] = "order:ord_2"
    page.run()
    report(page, page.text_area[0].value)
    page.run()

    page.text_area[0].input(before).run()

    assert page.text_area[0].value == before


def test_the_template_follows_typed_text(page):
    page.text_area[0].input('{"type": "ping"}').run()

    assert page.text[0].value == "ping"


def test_a_template_that_was_selected_right_after_typing_replaces_the_text(page):
    page.text_area[0].input('{"type": "ping"}')
    page.selectbox[0].select("publish notification").run()

    assert '"notification"' in page.text_area[0].value
    assert page.selectbox[0].value == page.text[0].value == "publish notification"


def test_a_template_may_be_selected_before_the_browser_knows_the_one_of_the_typed_text(page):
    page.session_state["late"] = page.selectbox[0].key
    page.text_area[0].input('{"type": "ping"}').run()
    assert page.text[0].value == "ping"

    page.selectbox[0].select("publish notification").run()

    assert '"notification"' in page.text_area[0].value
    assert page.text[0].value == "publish notification"


def test_the_text_may_be_empty(page):
    page.text_area[0].input("").run()

    assert page.text_area[0].value == ""


def test_the_repetitions_of_a_request_have_ids_of_their_own():
    assert editor_state.with_repetition('{"type": "ping", "id": "r5"}', 2) == (
        '{"type": "ping", "id": "r5-2"}'
    )
    assert editor_state.with_repetition('{"id": "n_1"}', 2) == '{"id": "n_1"}'
