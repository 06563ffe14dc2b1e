"""What a page shows after an exception in it."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest


@pytest.fixture
def page():
    """A page whose code has raised what its session says."""

    def script():
        import streamlit as st

        from dashboard.ui import page_errors

        for text in st.session_state.pop("raised", ()):
            page_errors.record_error(ValueError(text))
        page_errors.draw()
        st.write("drawn")

    st.cache_resource.clear()
    return AppTest.from_function(script)


def test_a_page_without_an_error_shows_none(page):
    page.run()

    assert not page.error


def test_an_error_is_shown_until_it_is_dismissed(page):
    page.session_state["raised"] = ["no such *channel*"]
    page.run()
    page.run()

    assert "ValueError\\: no such \\*channel\\*" in page.error[0].value
    page.button(key="dismiss-error").click().run()
    assert not page.error


def test_an_error_that_repeats_is_counted(page):
    page.session_state["raised"] = ["broken"] * 3
    page.run()

    assert "×3" in page.error[0].value
