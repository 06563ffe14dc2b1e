"""Recorder of one socket's frames in both directions.  Bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from client.sans_io.connection_events import Direction
from protocol import codec

MAX_FRAMES = 1_000  # kept
REDACTED = "…"  # in place of a token


class RecordedFrame(Struct, frozen=True):
    """One text frame; ``seq`` counts from 1, ``at`` is in seconds since the epoch, here.

    ``message`` is what the frame says, None if it is no JSON object; a token in it is hidden.
    """

    seq: int
    at: float
    way: Direction
    message: dict[str, Any] | None
    size: int

    @property
    def type(self) -> str:
        """The message's type, empty if there is none."""
        found = (self.message or {}).get("type")
        return found if isinstance(found, str) else ""

    @property
    def payload(self) -> dict[str, Any]:
        """The message's payload, empty if there is none."""
        found = (self.message or {}).get("payload")
        return found if isinstance(found, dict) else {}


class FrameRecorder:
    """Written by the socket's thread, read by any."""

    def __init__(self, clock: Callable[[], float] = time.time, limit: int = MAX_FRAMES) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._frames: deque[RecordedFrame] = deque(maxlen=limit)
        self._seq = 0

    def record(self, way: Direction, text: bytes) -> None:
        """Note a frame that passes now."""
        at = self._clock()
        message = _read(text)
        with self._lock:
            self._seq += 1
            self._frames.append(RecordedFrame(self._seq, at, way, message, len(text)))

    def frames(self, after: int = 0) -> tuple[RecordedFrame, ...]:
        """Return what is kept and came after the frame of that number, oldest first."""
        with self._lock:
            return tuple(frame for frame in self._frames if frame.seq > after)


def _read(text: bytes) -> dict[str, Any] | None:
    try:
        message = codec.decode_json(text)
    except codec.DECODE_ERRORS:
        return None
    if not isinstance(message, dict):
        return None
    payload = message.get("payload")
    if isinstance(payload, dict) and "token" in payload:
        message["payload"] = payload | {"token": REDACTED}
    return message
