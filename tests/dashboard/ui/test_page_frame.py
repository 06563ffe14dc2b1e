"""The frame of every page."""

from streamlit.testing.v1 import AppTest


def test_a_page_is_drawn_in_the_main_area_even_after_a_fragment_of_the_sidebar():
    def script():
        import streamlit as st

        from dashboard.ui import page_frame

        st.sidebar.__enter__()  # as the fragment leaves it to the next run of its thread
        page_frame.write_to_main_area()
        st.title("Overview")

    drawn = AppTest.from_function(script, default_timeout=30).run()

    assert [title.value for title in drawn.main.title] == ["Overview"]
    assert not drawn.sidebar.title
