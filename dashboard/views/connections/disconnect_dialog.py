"""Confirmation dialog that disconnects a connection or all connections of a user.

It is drawn by a full run: a redrawn fragment would close it.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from client.http_client import ApiRequestError
from dashboard.dependencies import connections_client
from dashboard.i18n.translate import _, ngettext
from dashboard.sources.feed import WORKBENCH_USER_ID
from dashboard.tab_session import tab
from dashboard.ui import formatting
from protocol.admin_api import ConnectionInfo


def request_disconnect(connection: ConnectionInfo[datetime]) -> None:
    """Open the dialog for a connection; for a callback."""
    page = tab().connections
    page.disconnect_target, page.is_dialog_drawn = connection, False


def is_pending() -> bool:
    """Tell whether the dialog was requested but is not drawn yet."""
    page = tab().connections
    return page.disconnect_target is not None and not page.is_dialog_drawn


def draw_dialog() -> None:
    """Draw the dialog if it is open, and what it did; call it in a full run."""
    if notice := tab().connections.notice:  # not in the run that st.rerun() ends: it might be lost
        tab().connections.notice = ""
        st.toast(notice, icon=":material/link_off:")
    connection = tab().connections.disconnect_target
    if connection is not None:
        tab().connections.is_dialog_drawn = True
        title = _("Disconnect {name}?").format(name=connection.name or connection.user_id)
        st.dialog(
            formatting.escape_markdown(title), on_dismiss=_close_dialog, icon=":material/link_off:"
        )(_draw_dialog_body)(connection)


def _close_dialog() -> None:
    tab().connections.disconnect_target = None


def _draw_dialog_body(connection: ConnectionInfo[datetime]) -> None:
    about = _("Closes {id} of {user} with code 4003; the client does not reconnect automatically.")
    st.markdown(formatting.escape_markdown(about.format(id=connection.id, user=connection.user_id)))
    if connection.user_id == WORKBENCH_USER_ID:
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
            _close_dialog()
            st.rerun()
        # Red words, and not a filled button: it is no main action of the page.
        if st.button(f":red[{_('Disconnect')}]", key="disconnect-confirm"):
            _disconnect(connection, everywhere, revoke)


def _disconnect(connection: ConnectionInfo[datetime], everywhere: bool, revoke: bool) -> None:
    try:
        if everywhere:
            ended = connections_client().disconnect_user(connection.user_id, revoke)
        else:
            ended = connections_client().disconnect(connection.id)
    except ApiRequestError as why:
        if why.status != 404:
            st.error(_("Failed: {why}.").format(why=_(str(why))), icon=":material/error:")
            return
        ended = 0
    words = ngettext("{count} connection closed", "{count} connections closed", ended)
    tab().connections.notice = words.format(count=ended)
    _close_dialog()
    st.rerun()
