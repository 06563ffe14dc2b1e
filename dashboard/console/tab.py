"""Resources of a tab's Console: raw connections by persona, and the conformance runner.

They are closed with the tab.
"""

from __future__ import annotations

import threading
import time

import streamlit as st
from msgspec import Struct

from client.tokens import mint
from dashboard import shared
from dashboard.ask import Asker
from dashboard.console import runner
from dashboard.console.record import Record
from dashboard.console.runner import Place, Runner
from dashboard.console.templates import TOKEN, Shop
from dashboard.console.wire import Wire
from dashboard.feed import ANNOUNCEMENTS
from dashboard.personas import Persona

SERVICE = "console"  # user id of the publisher


class Sending(Struct, frozen=True):
    """A persona and its raw connection."""

    wire: Wire
    persona: Persona

    def open(self) -> None:
        """Connect, with a fresh token if the persona has one; does nothing while it is open."""
        self.wire.open(_token(self.persona))

    def send(self, text: str) -> None:
        """Send a frame, connecting first where there is no connection."""
        self.open()
        self.wire.send(text.replace(TOKEN, _token(self.persona) or "").encode())

    def publish(self, text: str) -> None:
        """Publish over HTTP as a service; blocks for two seconds at the most."""
        settings = shared.settings()
        asker = Asker(
            settings.server_url,
            lambda: mint(
                settings.jwt_secret, user_id=SERVICE, tenant_id=settings.tenant, role="service"
            ),
        )
        runner.publish(asker, text.encode(), self.wire.record)


def _token(persona: Persona) -> str | None:
    return None if persona.is_anonymous else persona.token(shared.settings())


def _later(close: object) -> None:
    # Streamlit calls this on its event loop, which a slow close would block for every tab.
    assert isinstance(close, Wire | Runner)  # noqa: S101 - the only ones kept here
    threading.Thread(target=close.close, name="console-close", daemon=True).start()


@st.cache_resource(
    scope="session", on_release=_later, show_spinner=False, hash_funcs={Persona: repr}
)
def wire(persona: Persona) -> Wire:
    """Return this tab's wire as somebody; it is not opened."""
    del persona  # what it is kept by
    return Wire(shared.settings().socket_url, Record())


@st.cache_resource(scope="session", on_release=_later, show_spinner=False)
def trials() -> Runner:
    """Return this tab's trials."""
    return Runner()


def place() -> Place:
    """Say where trials are run, with an order that is really somebody's if there is one."""
    settings = shared.settings()
    return Place(
        settings.socket_url,
        settings.server_url,
        settings.jwt_secret,
        settings.tenant,
        *(order.id for order in shared.feed().snapshot().orders[:1]),
    )


def shop(persona: Persona) -> Shop:
    """Return what templates take from the running shop, such as an order of the persona's."""
    orders = shared.feed().snapshot().orders
    is_staff = persona.role in ("agent", "admin") and not persona.tenant
    own = [o for o in orders if is_staff or o.customer_id == persona.user_id]
    order = next(iter([*own, *orders]), None)
    return Shop(
        user_id=persona.user_id or "user_1",
        tenant_id=persona.tenant or shared.settings().tenant,
        order_id=order.id if order else "ord_1",
        channel=f"order:{own[0].id}" if own else str(ANNOUNCEMENTS),
        at=time.time(),
    )
