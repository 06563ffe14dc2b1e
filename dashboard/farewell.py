"""Ending a connection, or all of a user's, behind a question.

The question stands in the whole page: a part that is drawn again every second would close it.
"""

from __future__ import annotations

import streamlit as st

from dashboard import marks
from dashboard.ask import Unanswered
from dashboard.attendance import Connection
from dashboard.feed import USER
from dashboard.shared import roll_call
from dashboard.words import _, ngettext

ASKED, DRAWN = "farewell", "farewell_drawn"  # in the session: about whom; whether it is on screen


def ask(connection: Connection) -> None:
    """Ask about a connection; for a callback."""
    st.session_state[ASKED], st.session_state[DRAWN] = connection, False


def is_asked() -> bool:
    """Tell whether there is a question that is not on the screen yet."""
    return bool(st.session_state.get(ASKED)) and not st.session_state.get(DRAWN)


def draw() -> None:
    """Draw the question, if there is one; in a run of the whole page."""
    connection: Connection | None = st.session_state.get(ASKED)
    if connection is not None:
        st.session_state[DRAWN] = True
        title = _("Disconnect {name}?").format(name=connection.name or connection.user_id)
        st.dialog(marks.plain(title), on_dismiss=_forget, icon=":material/link_off:")(_question)(
            connection
        )


def _forget() -> None:
    st.session_state.pop(ASKED, None)


def _question(connection: Connection) -> None:
    about = _(
        "{id} of {user}. It is closed with 4003, after which a client does not come back by itself."
    )
    st.markdown(marks.plain(about.format(id=connection.id, user=connection.user_id)))
    if connection.user_id == USER:
        st.info(_("This is the workbench's own connection: without it every page would be blind."))
        return
    everywhere = st.toggle(_("All connections of this user"), key="end-all")
    revoke = st.toggle(
        _("Refuse the tokens they have so far"),
        key="end-revoke",
        disabled=not everywhere,
        help=_("For good, also after a restart; a token made later is taken."),
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if st.button(_("Cancel"), key="end-cancel"):
            _forget()
            st.rerun()
        if st.button(_("Disconnect"), key="end-confirm", type="primary"):
            _disconnect(connection, everywhere, revoke)


def _disconnect(connection: Connection, everywhere: bool, revoke: bool) -> None:
    try:
        if everywhere:
            ended = roll_call().disconnect_user(connection.user_id, revoke)
        else:
            ended = roll_call().disconnect(connection.id)
    except Unanswered as why:
        if why.status != 404:
            st.error(_("Not done: {why}.").format(why=why), icon=":material/error:")
            return
        ended = 0
    words = ngettext("{count} connection ended", "{count} connections ended", ended)
    st.toast(words.format(count=ended), icon=":material/link_off:")
    _forget()
    st.rerun()
