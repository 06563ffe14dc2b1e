"""The draft in the Console's editor, which other pages can set."""

from __future__ import annotations

import streamlit as st

from dashboard.dependencies import feed, saved_messages
from dashboard.i18n.translate import _
from dashboard.messages import message_ids
from dashboard.messages.republish import as_publication
from dashboard.state.message_log import LogView
from dashboard.tab_session import tab

MESSAGE_PARAM = "send"  # of the id of a message to send, in the Console's URL
EDITOR_TEXT = "draft"  # the editor's widget key: Streamlit forgets it while another page is shown


def replace_draft(text: str) -> None:
    """Set the text that the editor shows when the Console is opened, and restores."""
    console = tab().console
    console.draft = console.handed_over = console.written_text = text
    console.written_version += 1
    console.replaced_texts, console.is_new = (), False
    st.session_state.pop(EDITOR_TEXT, None)


def take_from_url() -> None:
    """Set the draft to the message that the URL asks to send; call it in full runs.

    The parameter is removed, so that a reload keeps what was edited.
    """
    id = st.query_params.pop(MESSAGE_PARAM, "")
    if not id:
        return
    selected = tab().explorer.messages.selected
    saved = LogView.from_messages(saved_messages().messages())
    logs = (LogView.from_messages((selected,)),) if selected else ()
    for log in (*logs, feed().snapshot().log, saved):
        if message := message_ids.find_message(id, log):
            replace_draft(as_publication(message.channel, message.text))
            return
    st.toast(
        _("The workbench no longer has this message, so it is not in the editor."),
        icon=":material/history:",
    )
