"""The Explorer's message list of this tab; Connections uses its selected message."""

from __future__ import annotations

import streamlit as st

from dashboard.state.message_log import LoggedMessage
from dashboard.ui.frozen_list import FrozenList

KEY = "explorer_list"  # in the session


def message_list() -> FrozenList[LoggedMessage]:
    """Return the list, with the message that is selected in it."""
    found: FrozenList[LoggedMessage] = st.session_state.setdefault(KEY, FrozenList())
    return found
