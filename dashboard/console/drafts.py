"""What stands in the Console's editor, kept while another page is shown.

``draft`` in the session is the editor's own; Streamlit forgets it with the page, ``kept`` not.
"""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from dashboard.console import templates
from dashboard.console.templates import Shop

DRAFT, TEMPLATE = "draft", "template"  # keys of the editor and of the choice above it
_KEPT = "console_kept"
_ID = re.compile(r'("id"\s*:\s*"r)(\d+)"')


def hand_over(channel: str, message: bytes | str) -> None:
    """Put a message that was seen into the editor, as a publication that sends it once more.

    ``channel`` is ``*`` for what went to everyone.  Then switch to the Console's page.
    """
    text = message.decode() if isinstance(message, bytes) else message
    draft = templates.republished(channel, text)
    st.session_state[_KEPT] = draft
    st.session_state.pop(DRAFT, None)


def begin(shop: Shop) -> None:
    """Give the editor its text before it is drawn."""
    if DRAFT not in st.session_state:
        kept = st.session_state.get(_KEPT)
        st.session_state[DRAFT] = kept or templates.template(chosen(), "r1", shop)


def chosen() -> str:
    """Return the template that was chosen, in this tab or in its address."""
    wanted: Any = st.session_state.get(TEMPLATE) or st.query_params.get(TEMPLATE)
    return wanted if wanted in templates.NAMES else templates.NAMES[0]


def keep() -> None:
    """Remember the editor's text for when the page is drawn again."""
    st.session_state[_KEPT] = st.session_state[DRAFT]


def refill(shop: Shop) -> None:
    """Write the chosen template into the editor; for a callback."""
    st.session_state[DRAFT] = templates.template(chosen(), next_id(st.session_state[DRAFT]), shop)
    keep()


def advance() -> None:
    """Give the next frame the next id; for a callback."""
    text: str = st.session_state[DRAFT]
    st.session_state[DRAFT] = _ID.sub(lambda found: f'{found[1]}{int(found[2]) + 1}"', text, 1)
    keep()


def next_id(text: str) -> str:
    """Return the id that the text uses, if it is one of ours; it has not been sent yet."""
    found = _ID.search(text)
    return f"r{found[2]}" if found else "r1"


def is_publication(text: str) -> bool:
    """Tell whether a text is a publication, for HTTP: it has an address, a message has none."""
    return bool({"channel", "user", "everyone"} & templates.names(text))
