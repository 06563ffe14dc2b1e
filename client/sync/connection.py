"""One WebSocket connection over websocket-client, read and written by one thread.

Other threads may only ``wake`` its owner or ``abort`` it.  It uses ``recv_frame``: the
library's ``recv`` loses the close code if the peer disappears before the reply, hides pings,
and may truncate a pong when a read times out.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
from contextlib import suppress

import websocket
from websocket import ABNF

from client.sans_io.connection_events import (
    ConnectionClosed,
    ConnectionEvent,
    HandshakeRejected,
    PeerActivity,
    TextReceived,
    describe_error,
)
from protocol.close_codes import ABNORMAL_CLOSURE, NO_STATUS_RECEIVED

WRITE_TIMEOUT_S = 10.0
"""Timeout of one write; the connection is then considered dead."""
READ_TIMEOUT_S = 0.25
"""Timeout of a read within a frame, after which timers are checked."""
CLOSE_TIMEOUT_S = 0.2
"""How long to wait for the server's close frame."""
CONNECTION_ERRORS = (OSError, websocket.WebSocketException)
"""Exceptions of the library for a connection that failed or violates the protocol."""


class Waker:
    """A socket pair that lets other threads end a wait (self-pipe)."""

    def __init__(self) -> None:
        self._read_end, self._write_end = socket.socketpair()
        self._read_end.setblocking(False)
        self._write_end.setblocking(False)

    def fileno(self) -> int:
        """Return what to select on."""
        return self._read_end.fileno()

    def wake(self) -> None:
        """End the current or the next wait; harmless after ``close``."""
        with suppress(OSError):
            self._write_end.send(b"\0")

    def clear(self) -> None:
        """Consume pending wake-ups."""
        with suppress(BlockingIOError):
            while self._read_end.recv(4096):
                pass

    def sleep(self, seconds: float) -> None:
        """Wait until the timeout or ``wake``."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            if selector.select(max(0.0, seconds)):
                self.clear()

    def close(self) -> None:
        """Close the sockets."""
        self._read_end.close()
        self._write_end.close()


class SyncConnection:
    """An open connection, or one being opened."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        # The library would validate texts byte by byte, in Python; the JSON reader does it anyway.
        self._socket = websocket.WebSocket(skip_utf8_validation=True)
        self._selector = selectors.DefaultSelector()
        self.is_broken = False

    def open(self, url: str, timeout_s: float, origin: str | None = None) -> None:
        """Connect and upgrade, with an Origin header if ``origin`` is given.

        Raises:
            HandshakeRejected: the server rejected the handshake with an HTTP status.
            OSError, websocket.WebSocketException: no response, or an invalid one.
        """
        try:
            # By default the library sends an Origin of its own.
            self._socket.connect(  # type: ignore[no-untyped-call]  # the library omits it
                url, timeout=timeout_s, origin=origin, suppress_origin=origin is None
            )
        except websocket.WebSocketBadStatusException as error:
            raise HandshakeRejected(error.status_code) from None
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._selector.register(self._socket, selectors.EVENT_READ)

    def send(self, text: bytes, opcode: int = ABNF.OPCODE_TEXT) -> None:
        """Send one frame; on failure set ``is_broken``; ``receive`` then returns the reason."""
        try:
            self._socket.settimeout(WRITE_TIMEOUT_S)
            self._socket.send(text, opcode)
        except CONNECTION_ERRORS:
            # A close frame may already be buffered: read it first.
            self.is_broken = True
            self.abort()

    def receive(self, timeout_s: float) -> ConnectionEvent | None:
        """Wait for the next event; None on timeout or ``wake``."""
        try:
            if not self._has_buffered():
                ready = {key.fileobj for key, _ in self._selector.select(max(0.0, timeout_s))}
                if self._waker in ready:
                    self._waker.clear()
                if self._socket not in ready:
                    return None
            self._socket.settimeout(READ_TIMEOUT_S)
            return self._event_from_frame(self._socket.recv_frame())  # type: ignore[no-untyped-call]  # same
        except websocket.WebSocketTimeoutException:
            return PeerActivity()  # the rest of the frame is read next time
        except CONNECTION_ERRORS as error:
            return ConnectionClosed(ABNORMAL_CLOSURE, describe_error(error))

    def abort(self) -> None:
        """Shut the TCP connection down, from any thread; the owner then sees it closed."""
        sock = self._socket.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self, *, handshake: bool) -> None:
        """Close the socket, with the closing handshake first if asked to."""
        if handshake and not self.is_broken:
            self._socket.close(timeout=CLOSE_TIMEOUT_S)
        self._selector.close()
        self._socket.shutdown()  # type: ignore[no-untyped-call]  # same

    def _has_buffered(self) -> bool:
        # TLS may have decrypted more than was read; select does not see that.
        sock = self._socket.sock
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _event_from_frame(self, frame: ABNF) -> ConnectionEvent:
        data = frame.data if isinstance(frame.data, bytes) else frame.data.encode()
        match frame.opcode:
            case ABNF.OPCODE_CLOSE:
                with suppress(*CONNECTION_ERRORS):
                    self._socket.send_close()
                return _parse_close_frame(data)
            case ABNF.OPCODE_PING:
                self.send(data, ABNF.OPCODE_PONG)
            case ABNF.OPCODE_PONG:
                pass
            case _:
                return self._add_fragment(frame)
        return PeerActivity()

    def _add_fragment(self, frame: ABNF) -> TextReceived | PeerActivity:
        parts = self._socket.cont_frame
        parts.validate(frame)
        parts.add(frame)
        if parts.is_fire(frame):
            opcode, whole = parts.extract(frame)
            if opcode == ABNF.OPCODE_TEXT:
                return TextReceived(whole.data)
        return PeerActivity()


def _parse_close_frame(data: bytes) -> ConnectionClosed:
    if len(data) < 2:
        return ConnectionClosed(NO_STATUS_RECEIVED, "")
    return ConnectionClosed(struct.unpack("!H", data[:2])[0], data[2:].decode(errors="replace"))
