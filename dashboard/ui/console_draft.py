"""The draft in the Console's editor, which other pages can set."""

from __future__ import annotations

import streamlit as st

from dashboard.tab_session import tab

EDITOR_TEXT = "draft"  # the editor's widget key: Streamlit forgets it while another page is shown


def replace_draft(text: str) -> None:
    """Set the text that the editor shows when the Console is opened."""
    tab().console.draft = text
    st.session_state.pop(EDITOR_TEXT, None)
