"""Personas a tab can act as, and their sockets.  The server decides their permissions.

A tab's lines are opened when a page first asks for them, and closed when the tab closes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import streamlit as st
from msgspec import Struct

from client.tokens import DEFAULT_LIFETIME_S, mint
from dashboard import dependencies
from dashboard.i18n.translate import N_
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import PersonaSocket

OTHER_TENANT = "books"
KEY = "persona"  # of the side bar's choice, in the session and in the URL


class Persona(Struct, frozen=True):
    """A user the workbench can act as; also the cache key of its socket.

    ``tenant`` is empty for the settings' own.  Without ``user_id`` no token is sent at all.
    A lifetime (seconds) below zero makes a token that has expired.
    """

    user_id: str
    role: str = "customer"
    name: str = ""
    tenant: str = ""
    lifetime_s: float = DEFAULT_LIFETIME_S

    @property
    def is_anonymous(self) -> bool:
        """Tell whether they come without a token."""
        return not self.user_id

    @property
    def is_staff(self) -> bool:
        """Tell whether the persona is shop staff and receives all customer chats."""
        return self.role in ("agent", "admin")

    def token(self, settings: Settings) -> str:
        """Sign a token of theirs.

        Raises:
            ValueError: they come without one.
        """
        if self.is_anonymous:
            raise ValueError("an anonymous visitor has no token")
        return mint(
            settings.jwt_secret,
            user_id=self.user_id,
            tenant_id=self.tenant or settings.tenant,
            role=self.role,
            name=self.name or None,
            lifetime_s=self.lifetime_s,
        )


CUSTOMER = Persona("user_1", name="Володимир Левицький")  # two of the simulated shop's own
SECOND_CUSTOMER = Persona("user_2", name="Сергій Яворський")
AGENT = Persona("agent_1", "agent", "Марія")
ADMIN = Persona("admin_1", "admin", "Ірина")
ANONYMOUS = Persona("")
EXPIRED_CUSTOMER = Persona("user_1", name="Володимир Левицький", lifetime_s=-60)
OTHER_TENANT_CUSTOMER = Persona("user_1", name="Том", tenant=OTHER_TENANT)

PERSONAS = {  # by the name in the URL
    "customer": CUSTOMER,
    "customer-2": SECOND_CUSTOMER,
    "agent": AGENT,
    "admin": ADMIN,
    "visitor": ANONYMOUS,
    "expired": EXPIRED_CUSTOMER,
    "other-tenant": OTHER_TENANT_CUSTOMER,
}
LABELS = {
    "customer": N_("Volodymyr · customer"),
    "customer-2": N_("Serhii · customer"),
    "agent": N_("Mariia · agent"),
    "admin": N_("Iryna · admin"),
    "visitor": N_("Visitor · no token"),
    "expired": N_("Expired token"),
    "other-tenant": N_("Tom · another shop"),
}


def current_persona() -> Persona:
    """Return the persona selected in the sidebar."""
    return PERSONAS.get(st.session_state.get(KEY, ""), CUSTOMER)


SocketFactory = Callable[[Persona], PersonaSocket]


def _open_socket(persona: Persona) -> PersonaSocket:
    """Open a real socket as somebody."""
    settings = dependencies.settings()
    source = None if persona.is_anonymous else partial(persona.token, settings)
    line = PersonaSocket(settings.socket_url, settings.server_address, source)
    line.client.connect()
    return line


@st.cache_resource(show_spinner=False)
def dialler(_dial: SocketFactory = _open_socket) -> SocketFactory:
    """Return what opens lines; the first call says what that is."""
    return _dial


def close_async(socket: PersonaSocket) -> None:
    """Close a socket on a thread of its own."""
    # Streamlit calls from its event loop, which a slow goodbye would hold up for every tab.
    threading.Thread(target=socket.close, name="socket-close", daemon=True).start()


@st.cache_resource(
    scope="session", on_release=close_async, show_spinner=False, hash_funcs={Persona: repr}
)
def line(persona: Persona) -> PersonaSocket:
    """Return this tab's line as somebody; the first call opens it.

    A tab that reconnects gets new lines: keep nothing on them that must last.
    """
    return dialler()(persona)
