"""Addresses of pages for new tabs."""

from streamlit.testing.v1 import AppTest


def linked():
    """Draw the address of a page for a new tab."""
    import streamlit as st

    from dashboard.ui import url_select
    from dashboard.ui.url_values import EVERY_PAGE

    url_select.kept_value(EVERY_PAGE, "persona")
    url_select.kept_value("orders", "find")
    st.text(url_select.new_tab_url("map", {"channel": "order:о 1"}))
    st.text(url_select.new_tab_url("//elsewhere.example", {}))


def test_a_new_tab_has_the_persona_of_this_one_and_no_parameter_of_its_page():
    page = AppTest.from_function(linked)
    page.query_params["persona"] = "agent"
    page.query_params["find"] = "Olena"

    page.run()

    url, other = (text.value for text in page.text)
    assert url == "/map?persona=agent&channel=order%3A%D0%BE+1"
    assert other == "/%2F%2Felsewhere.example?persona=agent"  # of this site, whatever it is
