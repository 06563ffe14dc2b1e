"""Raw WebSocket connection: sends the given bytes and does nothing on its own.

No sign-in, pings or reconnects, so that every frame and its effect can be seen.  One thread owns
the socket; all frames are recorded.
"""

from __future__ import annotations

import logging
import threading
from collections import deque

from client.address import signed
from client.arrivals import Ended, Text, UpgradeRefused, describe
from client.endings import ABNORMAL
from client.line import BROKEN, Line, Waker
from dashboard.console.frames import Opcode
from dashboard.console.record import Record
from protocol.errors import CloseCode

CONNECT_TIMEOUT_S = 5.0
QUIET_S = 30.0  # longest wait; send and close wake the thread
GOODBYE_S = 1.0
log = logging.getLogger(__name__)


class Wire:
    """One connection, from ``open`` to its end; ``open`` again starts another.

    For several threads.  ``url`` is that of the server's WebSocket, without a token; ``origin``
    that of a page it pretends to be, if of any.
    """

    def __init__(self, url: str, record: Record, origin: str | None = None) -> None:
        self.record = record
        self._url, self._origin = url, origin
        self._lock = threading.Lock()
        self._run: _Run | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection, or one being made."""
        with self._lock:
            return self._run is not None and self._run.thread.is_alive()

    def open(self, token: str | None) -> None:
        """Connect, with the token in the address if there is one; does nothing while it is open.

        Returns immediately; the record shows the result.
        """
        with self._lock:
            if self._run is None or not self._run.thread.is_alive():
                self._run = _Run(
                    signed(self._url, token), self._origin, token is not None, self.record
                )

    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """Send one frame, once the connection is open; without one it is dropped."""
        with self._lock:
            if self._run is not None:
                self._run.send(data, opcode)

    def close(self) -> None:
        """Close the connection and wait for the thread; idempotent."""
        with self._lock:
            run = self._run
        if run is not None:
            run.stop()


class _Run:
    """One connection's thread."""

    def __init__(self, address: str, origin: str | None, signs_in: bool, record: Record) -> None:
        self._record = record
        self._waker = Waker()
        self._outgoing: deque[tuple[bytes, Opcode]] = deque()
        self._is_stopping = False
        self._line: Line | None = None
        self.thread = threading.Thread(
            target=self._main, args=(address, origin, signs_in), name="console-wire", daemon=True
        )
        self.thread.start()

    def send(self, data: bytes, opcode: Opcode) -> None:
        self._outgoing.append((data, opcode))
        self._waker.wake()

    def stop(self) -> None:
        self._is_stopping = True
        self._waker.wake()
        self.thread.join(GOODBYE_S)
        line = self._line
        if self.thread.is_alive() and line is not None:
            line.abort()
            self.thread.join(GOODBYE_S)

    def _main(self, address: str, origin: str | None, signs_in: bool) -> None:
        line = self._line = Line(self._waker)
        goodbye = False
        try:
            self._record.connecting(signs_in)
            line.open(address, CONNECT_TIMEOUT_S, origin)
            self._record.opened()
            goodbye = self._converse(line)
        except UpgradeRefused as why:
            self._record.refused(why.status)
        except BROKEN as why:
            self._record.closed(ABNORMAL, describe(why))
        finally:
            line.close(goodbye=goodbye)
            self._waker.close()

    def _converse(self, line: Line) -> bool:
        """Send and receive until the close; returns whether the close starts here."""
        while True:
            while self._outgoing and not line.is_broken:
                data, opcode = self._outgoing.popleft()
                self._record.sent(data, opcode)
                line.send(data, opcode)
            if self._is_stopping:
                self._record.closed(CloseCode.NORMAL, "", by_us=True)
                return True
            match line.receive(0.0 if self._outgoing else QUIET_S):
                case Text(data):
                    self._record.heard(data)
                case Ended(code, reason):
                    self._record.closed(code, reason)
                    return False
                case _:
                    pass
