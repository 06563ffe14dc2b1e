"""What a page shows if it cannot be drawn."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.dependencies import Dependencies, install


@pytest.fixture
def page(feed):
    """A page that fails as often as its session says."""

    def script():
        import streamlit as st

        from dashboard.ui import page_frame

        def draw():
            if st.session_state.get("failures", 0):
                st.session_state["failures"] -= 1
                raise ValueError("no such *channel*")
            st.write("drawn")

        page_frame.redraw_periodically("test", draw)

    st.cache_resource.clear()
    with install(Dependencies(feed=feed)):
        yield AppTest.from_function(script)


def texts(page):
    return [text.value for text in page.markdown]


def test_an_error_is_logged_and_shown(page, caplog):
    page.session_state["failures"] = 1
    page.run()

    (shown,) = texts(page)
    assert "ValueError\\: no such \\*channel\\*" in shown
    assert "cannot draw the page test" in caplog.text
    assert not page.exception


def test_an_error_is_shown_until_it_is_dismissed(page):
    page.session_state["failures"] = 1
    page.run()
    page.run()
    assert "drawn" in texts(page)
    assert len(texts(page)) == 2

    page.button(key="dismiss-error").click().run()

    assert texts(page) == ["drawn"]
