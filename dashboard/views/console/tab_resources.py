"""Resources of a tab's Console: raw connections by persona, and the conformance runner.

They are closed with the tab.
"""

from __future__ import annotations

import threading
import time

import streamlit as st

from client.frame_recorder import FrameRecorder
from client.http_client import ApiClient
from client.raw_connection import RawConnection
from client.raw_publish import publish_and_record
from client.recorded_frames import RecordedFrame
from client.token_placeholders import FRESH_TOKEN, TOKEN
from client.tokens import mint
from conformance.runner import ConformanceRunner, ConformanceTarget
from dashboard import dependencies
from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.frames.templates import TemplateValues
from dashboard.i18n.translate import current_language
from dashboard.personas import Persona
from dashboard.sources.feed import ANNOUNCEMENTS
from dashboard.tab_session import tab
from dashboard.views.console.repeater import MessageRepeater
from dashboard.views.console.template_order import ORDER_PREFIX, choose_order
from protocol.simulator_api import ShopLanguage

PUBLISHER_ID = "console"  # user id of the publisher


class ConsoleConnection:
    """A persona's raw connection, what is known of its frames, and the repeated message.

    ``$TOKEN`` is the token that the connection was opened with.
    """

    def __init__(self, persona: Persona) -> None:
        self.persona = persona
        self.raw = RawConnection(dependencies.settings().socket_url, FrameRecorder())
        self.tracker = ConnectionTracker()
        self.repeater = MessageRepeater()
        self._settings = dependencies.settings()  # a repeating thread has no session to ask
        self._token: str | None = None

    def open(self) -> None:
        """Connect, with a fresh token if the persona has one; does nothing while it is open."""
        if not self.raw.is_open:
            self._token = None if self.persona.is_anonymous else self.persona.token(self._settings)
            self.raw.open(self._token)

    def send(self, text: str) -> None:
        """Send a frame, connecting first where there is no connection."""
        self.open()
        self.raw.send(self._with_tokens(text).encode())

    def publish(self, text: str) -> None:
        """Publish over HTTP as a service; blocks for two seconds at the most."""
        settings = self._settings
        client = ApiClient(
            settings.server_url,
            lambda: mint(
                settings.jwt_secret,
                user_id=PUBLISHER_ID,
                tenant_id=settings.tenant,
                role="service",
                tenants="*",
            ),
        )
        publish_and_record(client, text.encode(), self.raw.recorder)

    def frames(self) -> tuple[RecordedFrame, ...]:
        """Return the recorded frames; the tracker has followed them."""
        frames = self.raw.recorder.frames()
        self.tracker.update(frames)
        return frames

    def disconnect(self) -> None:
        """Close the connection, and end the repetition."""
        self.repeater.stop()
        self.raw.close()

    def start_over(self) -> None:
        """Forget the connection and its frames; the next is opened as the first was."""
        self.repeater.stop()
        threading.Thread(target=self.raw.close, name="console-close", daemon=True).start()
        self.raw = RawConnection(self._settings.socket_url, FrameRecorder())
        self.tracker, self._token = ConnectionTracker(), None

    def _with_tokens(self, text: str) -> str:
        if FRESH_TOKEN in text:
            text = text.replace(FRESH_TOKEN, self.persona.fresh_token(self._settings))
        return text.replace(TOKEN, self._token or "")


def _close_in_background(resource: object) -> None:
    # Streamlit calls this on its event loop, which a slow close would block for every tab.
    assert isinstance(resource, ConsoleConnection | ConformanceRunner)  # noqa: S101 - the only ones kept here
    close = resource.disconnect if isinstance(resource, ConsoleConnection) else resource.close
    threading.Thread(target=close, name="console-close", daemon=True).start()


@st.cache_resource(
    scope="session", on_release=_close_in_background, show_spinner=False, hash_funcs={Persona: repr}
)
def console_connection(persona: Persona) -> ConsoleConnection:
    """Return this tab's connection of a persona; it is not opened."""
    connection = ConsoleConnection(persona)
    tab().at_reset[f"console {persona!r}"] = connection.start_over
    return connection


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


def template_values(connection: ConsoleConnection) -> TemplateValues:
    """Return what templates take from the running shop, such as an order of the persona's.

    Texts are in the shop's language, or in the tab's if the simulator has not reported it.
    """
    persona, snapshot = connection.persona, dependencies.feed().snapshot()
    tenant = persona.tenant or dependencies.settings().tenant
    customer_id = "" if persona.tenant else persona.user_id
    order = choose_order(snapshot.orders, customer_id, tab().console.template_order)
    if persona.is_staff:
        channel = f"tenant:{tenant}"
    else:
        is_own = order is not None and order.customer_id == customer_id
        channel = f"order:{order.id}" if order and is_own else str(ANNOUNCEMENTS)
    connection.frames()
    finished = {f"{ORDER_PREFIX}{each.id}" for each in snapshot.orders if not each.is_open}
    recovery = connection.tracker.recovery_point(finished)
    recovered_channel, since = recovery or (channel, None)
    latest = connection.tracker.recovery_point()
    if since is None and latest is not None and latest[0] in finished and channel not in finished:
        recovered_channel = channel  # an order that is not finished, rather than what is left
    return TemplateValues(
        user_id=persona.user_id or "user_1",
        tenant_id=tenant,
        order_id=order.id if order else "ord_1",
        channel=channel,
        recovered_channel=recovered_channel,
        since=since,
        was_subscribed=recovery is not None and recovery[0] == recovered_channel,
        language=snapshot.shop.language if snapshot.shop else ShopLanguage(current_language()),
        at=time.time(),
    )
