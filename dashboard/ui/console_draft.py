"""The draft in the Console's editor, which other pages can set."""

from __future__ import annotations

import streamlit as st

EDITOR_TEXT = "draft"  # the editor's widget key: Streamlit forgets it while another page is shown
SAVED_TEXT = "console_kept"  # the copy that stays


def replace_draft(text: str) -> None:
    """Set the text that the editor shows when the Console is opened."""
    st.session_state[SAVED_TEXT] = text
    st.session_state.pop(EDITOR_TEXT, None)
