"""Resources of a tab's Console: raw connections by persona, and the conformance runner.

They are closed with the tab.
"""

from __future__ import annotations

import threading
import time

import streamlit as st
from msgspec import Struct

from client.frame_recorder import FrameRecorder
from client.http_client import ApiClient
from client.raw_connection import RawConnection
from client.raw_publish import publish_and_record
from client.tokens import mint
from conformance.placeholders import TOKEN
from conformance.runner import ConformanceRunner, ConformanceTarget
from dashboard import dependencies
from dashboard.personas import Persona
from dashboard.sources.feed import ANNOUNCEMENTS
from dashboard.views.console.templates import TemplateValues

PUBLISHER_ID = "console"  # user id of the publisher


class ConsoleConnection(Struct, frozen=True):
    """A persona and its raw connection."""

    raw: RawConnection
    persona: Persona

    def open(self) -> None:
        """Connect, with a fresh token if the persona has one; does nothing while it is open."""
        self.raw.open(_token(self.persona))

    def send(self, text: str) -> None:
        """Send a frame, connecting first where there is no connection."""
        self.open()
        self.raw.send(text.replace(TOKEN, _token(self.persona) or "").encode())

    def publish(self, text: str) -> None:
        """Publish over HTTP as a service; blocks for two seconds at the most."""
        settings = dependencies.settings()
        client = ApiClient(
            settings.server_url,
            lambda: mint(
                settings.jwt_secret, user_id=PUBLISHER_ID, tenant_id=settings.tenant, role="service"
            ),
        )
        publish_and_record(client, text.encode(), self.raw.recorder)


def _token(persona: Persona) -> str | None:
    return None if persona.is_anonymous else persona.token(dependencies.settings())


def _close_in_background(close: object) -> None:
    # Streamlit calls this on its event loop, which a slow close would block for every tab.
    assert isinstance(close, RawConnection | ConformanceRunner)  # noqa: S101 - the only ones kept here
    threading.Thread(target=close.close, name="console-close", daemon=True).start()


@st.cache_resource(
    scope="session", on_release=_close_in_background, show_spinner=False, hash_funcs={Persona: repr}
)
def raw_connection(persona: Persona) -> RawConnection:
    """Return this tab's raw connection of a persona; it is not opened."""
    del persona  # what it is kept by
    return RawConnection(dependencies.settings().socket_url, FrameRecorder())


@st.cache_resource(scope="session", on_release=_close_in_background, show_spinner=False)
def conformance_runner() -> ConformanceRunner:
    """Return this tab's conformance runner."""
    return ConformanceRunner()


def conformance_target() -> ConformanceTarget:
    """Return the server that the tests run against, with an existing order if there is one."""
    settings = dependencies.settings()
    return ConformanceTarget(
        settings.socket_url,
        settings.server_url,
        settings.jwt_secret,
        settings.tenant,
        *(order.id for order in dependencies.feed().snapshot().orders[:1]),
    )


def template_values(persona: Persona) -> TemplateValues:
    """Return what templates take from the running shop, such as an order of the persona's."""
    orders = dependencies.feed().snapshot().orders
    is_staff = persona.role in ("agent", "admin") and not persona.tenant
    own = [o for o in orders if is_staff or o.customer_id == persona.user_id]
    order = next(iter([*own, *orders]), None)
    return TemplateValues(
        user_id=persona.user_id or "user_1",
        tenant_id=persona.tenant or dependencies.settings().tenant,
        order_id=order.id if order else "ord_1",
        channel=f"order:{own[0].id}" if own else str(ANNOUNCEMENTS),
        at=time.time(),
    )
