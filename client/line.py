"""One WebSocket connection over websocket-client, read and written by one thread.

Other threads may only ``wake`` its owner, or ``abort`` it.  Goes below the library's
``recv``: that loses the close code when the peer is gone before it is answered, swallows
pings, and may cut a pong in half when a read times out.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
from contextlib import suppress

import websocket
from websocket import ABNF

from client.arrivals import Arrival, Ended, SignOfLife, Text, UpgradeRefused, describe
from client.endings import ABNORMAL, NO_CODE

WRITE_TIMEOUT_S = 10.0
"""A server that takes nothing for so long is not coming back (the document's write wait)."""
READ_TIMEOUT_S = 0.25
"""How long to wait in the middle of a frame before looking at what else is to do."""
GOODBYE_S = 0.2
"""How long to wait for the server's half of the closing handshake."""
BROKEN = (OSError, websocket.WebSocketException)
"""What the library raises for a connection that ended or misbehaves."""


class Waker:
    """Lets other threads end a wait; to be used as a context manager by its owner."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)

    def fileno(self) -> int:
        """Return what to select on."""
        return self._inside.fileno()

    def wake(self) -> None:
        """End the present or the next wait; does no harm after the end."""
        with suppress(OSError):
            self._outside.send(b"\0")

    def clear(self) -> None:
        """Take note of having been woken."""
        with suppress(BlockingIOError):
            while self._inside.recv(4096):
                pass

    def sleep(self, seconds: float) -> None:
        """Wait, unless woken."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            if selector.select(max(0.0, seconds)):
                self.clear()

    def close(self) -> None:
        """Free the sockets."""
        self._inside.close()
        self._outside.close()


class Line:
    """An open connection, or one being opened."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        # The library would validate texts byte by byte, in Python; the JSON reader does it anyway.
        self._socket = websocket.WebSocket(skip_utf8_validation=True)
        self._selector = selectors.DefaultSelector()
        self.is_broken = False

    def open(self, address: str, timeout_s: float, origin: str | None = None) -> None:
        """Connect and upgrade, as a page of ``origin`` would, or as a program, which has none.

        Raises:
            UpgradeRefused: the server answered with an HTTP status.
            OSError, websocket.WebSocketException: it did not answer, or not as it should.
        """
        try:
            # Without an origin the library would make one up.
            self._socket.connect(  # type: ignore[no-untyped-call]  # the library omits it
                address, timeout=timeout_s, origin=origin, suppress_origin=origin is None
            )
        except websocket.WebSocketBadStatusException as why:
            raise UpgradeRefused(why.status_code) from None
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._selector.register(self._socket, selectors.EVENT_READ)

    def send(self, text: bytes, opcode: int = ABNF.OPCODE_TEXT) -> None:
        """Send one frame, whole; if that fails, ``is_broken``, and ``receive`` will say why."""
        try:
            self._socket.settimeout(WRITE_TIMEOUT_S)
            self._socket.send(text, opcode)
        except BROKEN:
            # A close frame may have arrived before: what is there is read first.
            self.is_broken = True
            self.abort()

    def receive(self, seconds: float) -> Arrival | None:
        """Wait for the next arrival; None if there was none in time, or on being woken."""
        try:
            if not self._has_buffered():
                ready = {key.fileobj for key, _ in self._selector.select(max(0.0, seconds))}
                if self._waker in ready:
                    self._waker.clear()
                if self._socket not in ready:
                    return None
            self._socket.settimeout(READ_TIMEOUT_S)
            return self._take(self._socket.recv_frame())  # type: ignore[no-untyped-call]  # same
        except websocket.WebSocketTimeoutException:
            return SignOfLife()  # the rest of the frame is read next time
        except BROKEN as why:
            return Ended(ABNORMAL, describe(why))

    def abort(self) -> None:
        """Break the connection off, from any thread; its owner finds it ended."""
        sock = self._socket.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self, *, goodbye: bool) -> None:
        """Free the socket; with the closing handshake first, if the server may still be there."""
        if goodbye and not self.is_broken:
            self._socket.close(timeout=GOODBYE_S)
        self._selector.close()
        self._socket.shutdown()  # type: ignore[no-untyped-call]  # same

    def _has_buffered(self) -> bool:
        # TLS decrypts more than was asked for; no select tells of the rest.
        sock = self._socket.sock
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def _take(self, frame: ABNF) -> Arrival:
        data = frame.data if isinstance(frame.data, bytes) else frame.data.encode()
        match frame.opcode:
            case ABNF.OPCODE_CLOSE:
                with suppress(*BROKEN):
                    self._socket.send_close()
                return _ending(data)
            case ABNF.OPCODE_PING:
                self.send(data, ABNF.OPCODE_PONG)
            case ABNF.OPCODE_PONG:
                pass
            case _:
                return self._join(frame)
        return SignOfLife()

    def _join(self, frame: ABNF) -> Text | SignOfLife:
        parts = self._socket.cont_frame
        parts.validate(frame)
        parts.add(frame)
        if parts.is_fire(frame):
            opcode, whole = parts.extract(frame)
            if opcode == ABNF.OPCODE_TEXT:
                return Text(whole.data)
        return SignOfLife()


def _ending(data: bytes) -> Ended:
    if len(data) < 2:
        return Ended(NO_CODE, "")
    return Ended(struct.unpack("!H", data[:2])[0], data[2:].decode(errors="replace"))
