"""Raw WebSocket connection: sends the given bytes and does nothing on its own.

It does not sign in, ping or reconnect, so that every frame and its effect can be seen.  One
thread owns the socket; all frames are recorded.
"""

from __future__ import annotations

import logging
import threading
from collections import deque

from client.frame_recorder import FrameRecorder
from client.sans_io.connection_events import (
    ConnectionClosed,
    HandshakeRejected,
    TextReceived,
    describe_error,
)
from client.sync.connection import CONNECTION_ERRORS, SyncConnection, Waker
from client.url import with_token
from protocol.close_codes import ABNORMAL_CLOSURE, CloseCode
from protocol.opcodes import Opcode

CONNECT_TIMEOUT_S = 5.0
IDLE_WAIT_S = 30.0
"""Longest wait for a frame; ``send`` and ``close`` wake the thread."""
CLOSE_TIMEOUT_S = 1.0
log = logging.getLogger(__name__)


class RawConnection:
    """One connection at a time; ``open`` after a close starts another.

    Thread-safe.  ``url`` is the server's WebSocket URL without a token; ``origin`` is sent as
    the Origin header.
    """

    def __init__(self, url: str, recorder: FrameRecorder, origin: str | None = None) -> None:
        self.recorder = recorder
        self._url, self._origin = url, origin
        self._lock = threading.Lock()
        self._connection_thread: _RawConnectionThread | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, or one being opened."""
        with self._lock:
            return self._connection_thread is not None and self._connection_thread.thread.is_alive()

    def open(self, token: str | None) -> None:
        """Connect, with the token in the URL if there is one; does nothing while it is open.

        Returns immediately; the recorder shows the result.
        """
        with self._lock:
            if self._connection_thread is None or not self._connection_thread.thread.is_alive():
                self._connection_thread = _RawConnectionThread(
                    with_token(self._url, token), self._origin, token is not None, self.recorder
                )

    def send(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        """Send one frame, once the connection is open; without one it is dropped."""
        with self._lock:
            if self._connection_thread is not None:
                self._connection_thread.send(data, opcode)

    def close(self) -> None:
        """Close the connection and wait for the thread; idempotent."""
        with self._lock:
            thread = self._connection_thread
        if thread is not None:
            thread.stop()

    def abort(self) -> None:
        """End the connection without a close frame, as a broken network does.

        Returns immediately; the recorder shows the close with 1006.
        """
        with self._lock:
            if self._connection_thread is not None:
                self._connection_thread.abort()


class _RawConnectionThread:
    """The thread of one connection."""

    def __init__(
        self, url: str, origin: str | None, has_token: bool, recorder: FrameRecorder
    ) -> None:
        self._recorder = recorder
        self._waker = Waker()
        self._send_queue: deque[tuple[bytes, Opcode]] = deque()
        self._is_stopping = self._is_aborted = False
        self._connection: SyncConnection | None = None
        self.thread = threading.Thread(
            target=self._main, args=(url, origin, has_token), name="raw-connection", daemon=True
        )
        self.thread.start()

    def send(self, data: bytes, opcode: Opcode) -> None:
        self._send_queue.append((data, opcode))
        self._waker.wake()

    def abort(self) -> None:
        self._is_aborted = True
        if self._connection is not None:
            self._connection.abort()

    def stop(self) -> None:
        self._is_stopping = True
        self._waker.wake()
        self.thread.join(CLOSE_TIMEOUT_S)
        connection = self._connection
        if self.thread.is_alive() and connection is not None:
            connection.abort()
            self.thread.join(CLOSE_TIMEOUT_S)

    def _main(self, url: str, origin: str | None, has_token: bool) -> None:
        connection = self._connection = SyncConnection(self._waker)
        is_closing = False
        try:
            self._recorder.record_connecting(has_token)
            connection.open(url, CONNECT_TIMEOUT_S, origin)
            self._recorder.record_open()
            is_closing = self._read_write_loop(connection)
        except HandshakeRejected as error:
            self._recorder.record_handshake_rejected(error.status)
        except CONNECTION_ERRORS as error:
            self._recorder.record_close(ABNORMAL_CLOSURE, describe_error(error))
        finally:
            connection.close(handshake=is_closing)
            self._waker.close()

    def _read_write_loop(self, connection: SyncConnection) -> bool:
        """Send and receive until the close; returns whether this side closes."""
        while True:
            while self._send_queue and not connection.is_broken:
                data, opcode = self._send_queue.popleft()
                self._recorder.record_sent(data, opcode)
                connection.send(data, opcode)
            if self._is_stopping:
                self._recorder.record_close(CloseCode.NORMAL, "", by_client=True)
                return True
            match connection.receive(0.0 if self._send_queue else IDLE_WAIT_S):
                case TextReceived(data):
                    self._recorder.record_received(data)
                case ConnectionClosed(code, reason):
                    # The library's reason for an abort is the name of its exception.
                    self._recorder.record_close(code, "" if self._is_aborted else reason)
                    return False
                case _:
                    pass
