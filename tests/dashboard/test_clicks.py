"""One act a click."""

from streamlit.testing.v1 import AppTest

from dashboard.clicks import REPEAT_S, Sendings


def counter():
    import streamlit as st

    from dashboard import clicks

    def act():
        st.session_state.acts = st.session_state.get("acts", 0) + 1

    clicks.button("Act", "act", act)


def test_a_button_acts_at_every_click():
    page = AppTest.from_function(counter).run()

    for count in range(3):
        page.button(key=f"act-{count}").click().run()

    assert page.session_state.acts == 3


def test_a_click_that_is_told_again_acts_once():
    page = AppTest.from_function(counter).run()
    button = page.button(key="act-0")
    button.click().run()

    button.click().run()

    assert page.session_state.acts == 1


def test_words_that_are_sent_again_and_again_at_once_are_sent_once():
    sendings = Sendings()

    assert not sendings.is_repeat("words", 100.0)
    assert [sendings.is_repeat("words", 100.0 + after) for after in (0.1, 0.3)] == [True, True]


def test_the_same_words_can_be_sent_later():
    sendings = Sendings()
    sendings.is_repeat("words", 100.0)
    sendings.is_repeat("words", 100.4)

    assert not sendings.is_repeat("words", 100.0 + REPEAT_S)


def test_other_words_are_no_repeat():
    sendings = Sendings()
    sendings.is_repeat(("customer", "Дякую"), 100.0)

    assert not sendings.is_repeat(("staff", "Дякую"), 100.0)
