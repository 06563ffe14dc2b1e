"""Confirmation dialog that disconnects a connection or all connections of a user.

It is drawn by a full run: a redrawn fragment would close it.
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
    """Open the dialog for a connection; for a callback."""
    st.session_state[ASKED], st.session_state[DRAWN] = connection, False


def is_asked() -> bool:
    """Tell whether the dialog was requested but is not drawn yet."""
    return bool(st.session_state.get(ASKED)) and not st.session_state.get(DRAWN)


def draw() -> None:
    """Draw the dialog if it is open; call it in a full run."""
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
    about = _("Closes {id} of {user} with code 4003; the client does not reconnect automatically.")
    st.markdown(marks.plain(about.format(id=connection.id, user=connection.user_id)))
    if connection.user_id == USER:
        st.info(_("This is the workbench's own connection; all pages depend on it."))
        return
    everywhere = st.toggle(_("All connections of this user"), key="disconnect-all")
    revoke = st.toggle(
        _("Revoke the user's current tokens"),
        key="disconnect-revoke",
        disabled=not everywhere,
        help=_("Permanent, also after a restart. Tokens issued later are accepted."),
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if st.button(_("Cancel"), key="disconnect-cancel"):
            _forget()
            st.rerun()
        if st.button(_("Disconnect"), key="disconnect-confirm", type="primary"):
            _disconnect(connection, everywhere, revoke)


def _disconnect(connection: Connection, everywhere: bool, revoke: bool) -> None:
    try:
        if everywhere:
            ended = roll_call().disconnect_user(connection.user_id, revoke)
        else:
            ended = roll_call().disconnect(connection.id)
    except Unanswered as why:
        if why.status != 404:
            st.error(_("Failed: {why}.").format(why=why), icon=":material/error:")
            return
        ended = 0
    words = ngettext("{count} connection closed", "{count} connections closed", ended)
    st.toast(words.format(count=ended), icon=":material/link_off:")
    _forget()
    st.rerun()
