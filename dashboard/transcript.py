"""Recorder of one socket's frames in both directions.  Bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from client.tap import Way
from protocol import codec

FRAMES = 1_000  # kept
HIDDEN = "…"  # in place of a token


class Frame(Struct, frozen=True):
    """One text frame; ``seq`` counts from 1, ``at`` is in seconds since the epoch, here.

    ``message`` is what the frame says, None if it is no JSON object; a token in it is hidden.
    """

    seq: int
    at: float
    way: Way
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


class Transcript:
    """Written by the socket's thread, read by any."""

    def __init__(self, clock: Callable[[], float] = time.time, most: int = FRAMES) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._frames: deque[Frame] = deque(maxlen=most)
        self._seq = 0

    def note(self, way: Way, text: bytes) -> None:
        """Note a frame that passes now."""
        at = self._clock()
        message = _read(text)
        with self._lock:
            self._seq += 1
            self._frames.append(Frame(self._seq, at, way, message, len(text)))

    def frames(self, after: int = 0) -> tuple[Frame, ...]:
        """Return what is kept and came after the frame of that number, oldest first."""
        with self._lock:
            return tuple(frame for frame in self._frames if frame.seq > after)


def _read(text: bytes) -> dict[str, Any] | None:
    try:
        message = codec.read(text)
    except codec.UNREADABLE:
        return None
    if not isinstance(message, dict):
        return None
    payload = message.get("payload")
    if isinstance(payload, dict) and "token" in payload:
        message["payload"] = payload | {"token": HIDDEN}
    return message
