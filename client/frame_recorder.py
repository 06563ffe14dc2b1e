"""Records the frames of one connection: bounded, thread-safe, and can be waited on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from client.recorded_frames import (
    REDACTED,
    FrameKind,
    Opcode,
    RecordedFrame,
    hide_tokens,
    message_type_and_id,
)

MAX_FRAMES = 2_000
MAX_CHARACTERS = 4 << 20  # of text kept; a publication may be 64 KiB
MAX_BINARY_BYTES = 400  # of a binary frame
MAX_TEXT_CHARACTERS = 64 << 10  # characters of a text; nothing that may be sent is longer
KIND_BY_OPCODE = {
    Opcode.TEXT: FrameKind.TEXT,
    Opcode.BINARY: FrameKind.BINARY,
    Opcode.CONTINUATION: FrameKind.CONTINUATION,
}


class FrameRecorder:
    """Remembers the newest ``FRAMES`` frames; ``clock`` is in seconds since the epoch."""

    def __init__(
        self,
        max_frames: int = MAX_FRAMES,
        max_characters: int = MAX_CHARACTERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._max_frames, self._max_characters, self._clock = max_frames, max_characters, clock
        self._frames: deque[RecordedFrame] = deque()
        self._characters = self._seq = 0
        self._changed = threading.Condition()
        self._is_closed = False

    def release_waiters(self) -> None:
        """Release all waiters."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Remove all frames but the newest, which shows the state of the connection."""
        with self._changed:
            while len(self._frames) > 1:
                self._characters -= len(self._frames.popleft().text)

    def frames(self) -> tuple[RecordedFrame, ...]:
        """Return the frames, oldest first."""
        with self._changed:
            return tuple(self._frames)

    def wait_for(
        self, predicate: Callable[[RecordedFrame], bool], timeout_s: float
    ) -> RecordedFrame | None:
        """Wait for a frame that matches; None on timeout."""

        def first() -> RecordedFrame | None:
            return next((frame for frame in self._frames if predicate(frame)), None)

        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or first() is not None, timeout_s)
            return first()

    def record_connecting(self, has_token: bool) -> RecordedFrame:
        """Record a handshake request."""
        return self._append(
            is_sent=True, kind=FrameKind.CONNECT, text=f"token={REDACTED}" if has_token else ""
        )

    def record_open(self) -> RecordedFrame:
        """Record that the connection is open."""
        return self._append(is_sent=False, kind=FrameKind.OPEN)

    def record_handshake_rejected(self, status: int) -> RecordedFrame:
        """Record a rejected handshake."""
        return self._append(is_sent=False, kind=FrameKind.HANDSHAKE_REJECTED, code=status)

    def record_sent(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> RecordedFrame:
        """Record a frame before it is sent."""
        return self._record_message(data, KIND_BY_OPCODE[opcode], is_sent=True)

    def record_received(self, data: bytes) -> RecordedFrame:
        """Record a received frame."""
        return self._record_message(data, FrameKind.TEXT, is_sent=False)

    def record_close(self, code: int, reason: str, by_client: bool = False) -> RecordedFrame:
        """Record the close of the connection."""
        return self._append(is_sent=by_client, kind=FrameKind.CLOSE, code=code, text=reason)

    def record_http_request(self, body: bytes) -> RecordedFrame:
        """Record a publish request before it is sent."""
        return self._record_message(body, FrameKind.HTTP_REQUEST, is_sent=True)

    def record_http_response(
        self, request: RecordedFrame, status: int, body: bytes
    ) -> RecordedFrame:
        """Record the response to a publish request."""
        return self._append(
            is_sent=False,
            kind=FrameKind.HTTP_RESPONSE,
            code=status,
            text=_decode_text(body),
            size=len(body),
            reply_to=request.seq,
        )

    def _record_message(self, data: bytes, kind: FrameKind, is_sent: bool) -> RecordedFrame:
        if kind is FrameKind.BINARY:
            type_, id, text = "", None, data[:MAX_BINARY_BYTES].hex(" ")
        else:
            (type_, id), text = (
                message_type_and_id(data),
                hide_tokens(_decode_text(data))[:MAX_TEXT_CHARACTERS],
            )
        return self._append(
            is_sent=is_sent, kind=kind, text=text, size=len(data), type=type_, id=id
        )

    def _append(self, **fields: object) -> RecordedFrame:
        with self._changed:
            self._seq += 1
            frame = msgspec.convert(
                {"seq": self._seq, "at": self._clock(), **fields}, RecordedFrame
            )
            self._frames.append(frame)
            self._characters += len(frame.text)
            while len(self._frames) > self._max_frames or (
                self._characters > self._max_characters and len(self._frames) > 1
            ):
                self._characters -= len(self._frames.popleft().text)
            self._changed.notify_all()
        return frame


def _decode_text(data: bytes) -> str:
    return data.decode(errors="replace")
