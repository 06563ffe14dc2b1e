"""Records the frames of one connection: bounded, thread-safe, and can be waited on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from client.recorded_frames import (
    REDACTED,
    FrameKind,
    RecordedFrame,
    parse_frame_text,
)
from client.sans_io.connection_events import Direction
from protocol.opcodes import Opcode

MAX_FRAMES = 2_000
MAX_CHARACTERS = 4 << 20
"""Of all recorded texts together; one publication may have 64 KiB."""
MAX_BINARY_BYTES = 400
"""Recorded of a binary frame."""
_KIND_BY_OPCODE = {
    Opcode.TEXT: FrameKind.TEXT,
    Opcode.BINARY: FrameKind.BINARY,
    Opcode.CONTINUATION: FrameKind.CONTINUATION,
}


class FrameRecorder:
    """Keeps the newest frames; any thread may record and read.

    Args:
        clock: seconds since the epoch.
        max_frames: number of frames kept.
        max_characters: length of their texts together; the newest frame is always kept.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        max_frames: int = MAX_FRAMES,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        self._clock = clock
        self._max_frames, self._max_characters = max_frames, max_characters
        self._frames: deque[RecordedFrame] = deque()
        self._characters = self._last_seq = 0
        self._changed = threading.Condition()
        self._is_released = False

    def frames(self) -> tuple[RecordedFrame, ...]:
        """Return the frames, oldest first."""
        with self._changed:
            return tuple(self._frames)

    def clear(self) -> None:
        """Remove all frames but the newest, which shows the state of the connection."""
        with self._changed:
            while len(self._frames) > 1:
                self._remove_oldest()

    def wait_for(
        self, predicate: Callable[[RecordedFrame], bool], timeout_s: float
    ) -> RecordedFrame | None:
        """Wait for a frame that matches; None on timeout or ``release_waiters``."""

        def first() -> RecordedFrame | None:
            return next((frame for frame in self._frames if predicate(frame)), None)

        with self._changed:
            self._changed.wait_for(lambda: self._is_released or first() is not None, timeout_s)
            return first()

    def release_waiters(self) -> None:
        """End all waits, the current and later ones."""
        with self._changed:
            self._is_released = True
            self._changed.notify_all()

    def record(self, direction: Direction, data: bytes) -> RecordedFrame:
        """Record a text frame; this method is a ``FrameCallback``."""
        return self._record_data(direction, FrameKind.TEXT, data)

    def record_sent(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> RecordedFrame:
        """Record a frame before it is sent."""
        return self._record_data(Direction.SENT, _KIND_BY_OPCODE[opcode], data)

    def record_received(self, data: bytes) -> RecordedFrame:
        """Record a received text frame."""
        return self.record(Direction.RECEIVED, data)

    def record_connecting(self, has_token: bool) -> RecordedFrame:
        """Record a handshake request."""
        text = f"token={REDACTED}" if has_token else ""
        return self._append(Direction.SENT, FrameKind.CONNECT, text)

    def record_open(self) -> RecordedFrame:
        """Record that the connection is open."""
        return self._append(Direction.RECEIVED, FrameKind.OPEN)

    def record_handshake_rejected(self, status: int) -> RecordedFrame:
        """Record a rejected handshake."""
        return self._append(Direction.RECEIVED, FrameKind.HANDSHAKE_REJECTED, code=status)

    def record_close(self, code: int, reason: str, by_client: bool = False) -> RecordedFrame:
        """Record the close of the connection."""
        direction = Direction.SENT if by_client else Direction.RECEIVED
        return self._append(direction, FrameKind.CLOSE, reason, code=code)

    def record_http_request(self, body: bytes) -> RecordedFrame:
        """Record a publish request before it is sent."""
        return self._record_data(Direction.SENT, FrameKind.HTTP_REQUEST, body)

    def record_http_response(
        self, request: RecordedFrame, status: int, body: bytes
    ) -> RecordedFrame:
        """Record the response to a publish request."""
        return self._record_data(
            Direction.RECEIVED, FrameKind.HTTP_RESPONSE, body, code=status, reply_to=request.seq
        )

    def _record_data(
        self,
        direction: Direction,
        kind: FrameKind,
        data: bytes,
        *,
        code: int = 0,
        reply_to: int = 0,
    ) -> RecordedFrame:
        text: str
        message: dict[str, Any] | None
        if kind is FrameKind.BINARY:
            text, message = data[:MAX_BINARY_BYTES].hex(" "), None
        else:
            text, message = parse_frame_text(data)
        return self._append(
            direction, kind, text, message, size=len(data), code=code, reply_to=reply_to
        )

    def _append(
        self,
        direction: Direction,
        kind: FrameKind,
        text: str = "",
        message: dict[str, Any] | None = None,
        *,
        size: int = 0,
        code: int = 0,
        reply_to: int = 0,
    ) -> RecordedFrame:
        with self._changed:
            self._last_seq += 1
            frame = RecordedFrame(
                seq=self._last_seq,
                at=self._clock(),
                direction=direction,
                kind=kind,
                text=text,
                message=message,
                size=size,
                code=code,
                reply_to=reply_to,
            )
            self._frames.append(frame)
            self._characters += len(text)
            while len(self._frames) > self._max_frames or (
                self._characters > self._max_characters and len(self._frames) > 1
            ):
                self._remove_oldest()
            self._changed.notify_all()
        return frame

    def _remove_oldest(self) -> None:
        self._characters -= len(self._frames.popleft().text)
