"""Records the frames of one connection: bounded, thread-safe, and can be waited on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from dashboard.console.frames import HIDDEN, Frame, Kind, Opcode, hide_tokens, labels

FRAMES = 2_000
CHARACTERS = 4 << 20  # of text kept; a publication may be 64 KiB
SHOWN_BYTES = 400  # of a binary frame
SHOWN_TEXT = 64 << 10  # characters of a text; nothing that may be sent is longer
KINDS = {
    Opcode.TEXT: Kind.TEXT,
    Opcode.BINARY: Kind.BINARY,
    Opcode.CONTINUATION: Kind.CONTINUATION,
}


class Record:
    """Remembers the newest ``FRAMES`` frames; ``clock`` is in seconds since the epoch."""

    def __init__(
        self,
        frames: int = FRAMES,
        characters: int = CHARACTERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._most, self._most_characters, self._clock = frames, characters, clock
        self._kept: deque[Frame] = deque()
        self._characters = self._seq = 0
        self._changed = threading.Condition()
        self._is_abandoned = False

    def abandon(self) -> None:
        """Release all waiters."""
        with self._changed:
            self._is_abandoned = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Remove all frames but the newest, which shows the state of the connection."""
        with self._changed:
            while len(self._kept) > 1:
                self._characters -= len(self._kept.popleft().text)

    def frames(self) -> tuple[Frame, ...]:
        """Return the frames, oldest first."""
        with self._changed:
            return tuple(self._kept)

    def wait_for(self, what: Callable[[Frame], bool], seconds: float) -> Frame | None:
        """Wait for a frame that matches; None on timeout."""

        def first() -> Frame | None:
            return next((frame for frame in self._kept if what(frame)), None)

        with self._changed:
            self._changed.wait_for(lambda: self._is_abandoned or first() is not None, seconds)
            return first()

    def connecting(self, signs_in: bool) -> Frame:
        """Record a handshake request."""
        return self._add(sent=True, kind=Kind.CONNECT, text=f"token={HIDDEN}" if signs_in else "")

    def opened(self) -> Frame:
        """Record that the connection is open."""
        return self._add(sent=False, kind=Kind.OPEN)

    def refused(self, status: int) -> Frame:
        """Record a rejected handshake."""
        return self._add(sent=False, kind=Kind.REFUSED, code=status)

    def sent(self, data: bytes, opcode: Opcode = Opcode.TEXT) -> Frame:
        """Record a frame before it is sent."""
        return self._message(data, KINDS[opcode], sent=True)

    def heard(self, data: bytes) -> Frame:
        """Record a received frame."""
        return self._message(data, Kind.TEXT, sent=False)

    def closed(self, code: int, reason: str, by_us: bool = False) -> Frame:
        """Record the close of the connection."""
        return self._add(sent=by_us, kind=Kind.CLOSE, code=code, text=reason)

    def posted(self, body: bytes) -> Frame:
        """Record a publish request before it is sent."""
        return self._message(body, Kind.POST, sent=True)

    def answered(self, request: Frame, status: int, body: bytes) -> Frame:
        """Record the response to a publish request."""
        return self._add(
            sent=False,
            kind=Kind.ANSWER,
            code=status,
            text=_readable(body),
            size=len(body),
            answers=request.seq,
        )

    def _message(self, data: bytes, kind: Kind, sent: bool) -> Frame:
        if kind is Kind.BINARY:
            type_, id, text = "", None, data[:SHOWN_BYTES].hex(" ")
        else:
            (type_, id), text = labels(data), hide_tokens(_readable(data))[:SHOWN_TEXT]
        return self._add(sent=sent, kind=kind, text=text, size=len(data), type=type_, id=id)

    def _add(self, **what: object) -> Frame:
        with self._changed:
            self._seq += 1
            frame = msgspec.convert({"seq": self._seq, "at": self._clock(), **what}, Frame)
            self._kept.append(frame)
            self._characters += len(frame.text)
            while len(self._kept) > self._most or (
                self._characters > self._most_characters and len(self._kept) > 1
            ):
                self._characters -= len(self._kept.popleft().text)
            self._changed.notify_all()
        return frame


def _readable(data: bytes) -> str:
    return data.decode(errors="replace")
