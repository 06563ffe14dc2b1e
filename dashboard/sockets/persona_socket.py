"""A persona's WebSocket, its status and its recorded frames."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from client.base import TokenSource
from client.frame_recorder import FrameRecorder
from client.recorded_frames import RecordedFrame
from client.sans_io.connection_state import ConnectionState
from client.sync.client import ShopWebSocket
from dashboard.personas import Persona
from dashboard.settings import Settings
from dashboard.sockets import socket_status
from dashboard.sockets.socket_status import SocketStatus

MAX_FRAMES = 1_000


class PersonaSocket:
    """A client WebSocket that records its frames.

    ``client`` has ``on``, ``subscribe``, ``send``, ``request``, and ``connect``, which the caller
    must call.  Without a ``token`` source the connection is anonymous, and live as soon as it is
    open.
    """

    def __init__(self, url: str, server_address: str, token: TokenSource | None) -> None:
        self._server_address, self._has_token = server_address, token is not None
        self._recorder = FrameRecorder(max_frames=MAX_FRAMES)
        self._has_been_live, self._last_refusal = False, ""
        self.client = ShopWebSocket(url, token, on_frame=self._recorder.record)
        self.client.on("auth_success", self._on_auth_success)
        self.client.on("auth_error", self._on_auth_error)

    def frames(self) -> tuple[RecordedFrame, ...]:
        """Return the recorded frames, oldest first."""
        return self._recorder.frames()

    def status(self) -> SocketStatus:
        """Return the connection's status."""
        status = self.client.status
        if not self._has_token and status.state is ConnectionState.OPEN:
            status, self._has_been_live = msgspec.structs.replace(status, signed_in=True), True
        return socket_status.socket_status(
            status,
            self._server_address,
            has_been_live=self._has_been_live,
            last_refusal=self._last_refusal,
        )

    def close(self) -> None:
        """Disconnect and wait until the connection is closed, well under a second."""
        self.client.disconnect()

    def _on_auth_success(self, _: dict[str, Any]) -> None:
        self._has_been_live, self._last_refusal = True, ""

    def _on_auth_error(self, payload: dict[str, Any]) -> None:
        self._last_refusal = str(payload.get("error"))


SocketFactory = Callable[[Persona], PersonaSocket]


def open_persona_socket(settings: Settings, persona: Persona) -> PersonaSocket:
    """Connect as a persona."""
    token = None if persona.is_anonymous else partial(persona.token, settings)
    socket = PersonaSocket(settings.socket_url, settings.server_address, token)
    socket.client.connect()
    return socket


def close_async(socket: PersonaSocket) -> None:
    """Close a socket on another thread."""
    # Streamlit calls this on its event loop, which a slow close would block for every tab.
    threading.Thread(target=socket.close, name="socket-close", daemon=True).start()
