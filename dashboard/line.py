"""A persona's WebSocket, its status and its recorded frames.  Knows no Streamlit."""

from __future__ import annotations

from typing import Any

import msgspec

from client.status import State
from client.surface import TokenSource
from client.threaded import ShopWebSocket
from dashboard import link
from dashboard.link import Link
from dashboard.transcript import Frame, Transcript


class Line:
    """A client WebSocket that records its frames.

    ``socket`` is the client itself: ``on``, ``subscribe``, ``send``, ``request``, and
    ``connect``, which the caller must call.  Without a ``token`` source it stays
    anonymous, and is live as soon as it is open.
    """

    def __init__(self, url: str, address: str, token: TokenSource | None) -> None:
        self._address, self._signs_in = address, token is not None
        self._transcript = Transcript()
        self._was_live, self._refused = False, ""
        self.socket = ShopWebSocket(url, token, tap=self._transcript.note)
        self.socket.on("auth_success", self._signed_in)
        self.socket.on("auth_error", self._declined)

    def frames(self, after: int = 0) -> tuple[Frame, ...]:
        """Return the frames that came or went after that number, oldest first; see Transcript."""
        return self._transcript.frames(after)

    def link(self) -> Link:
        """Tell how the connection is."""
        status = self.socket.status
        if not self._signs_in and status.state is State.OPEN:
            status, self._was_live = msgspec.structs.replace(status, signed_in=True), True
        return link.of(status, self._address, was_live=self._was_live, refused=self._refused)

    def close(self) -> None:
        """Disconnect; takes well under a second."""
        self.socket.disconnect()

    def _signed_in(self, _: dict[str, Any]) -> None:
        self._was_live, self._refused = True, ""

    def _declined(self, payload: dict[str, Any]) -> None:
        self._refused = str(payload.get("error"))
