"""Saved messages: a file in the data folder, shared by all tabs.

Bounded, and written as a whole beside the old one, so that a crash leaves one or the other.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from dashboard import export
from dashboard.history import Seen

log = logging.getLogger(__name__)
FILE = "saved-messages.jsonl"
MOST = 500  # messages


class Full(Exception):
    """The limit of saved messages is reached."""


class Saved(Struct, frozen=True):
    """A line of the file: a message as ``Seen`` has it, and when it was kept."""

    saved_at: float
    seq: int
    at: float
    channel: str
    type: str
    reached: int
    message: Raw

    @classmethod
    def of(cls, seen: Seen, at: float) -> Saved:
        """Keep a message now."""
        text = Raw(export.one_line(seen.text))
        return cls(at, seen.seq, seen.at, seen.channel, seen.type, seen.reached, text)

    def seen(self) -> Seen:
        """Return the message."""
        text = bytes(self.message)
        return Seen(self.seq, self.at, self.channel, self.type, self.reached, text)


class Shelf:
    """The messages kept, oldest first.  For any thread."""

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, most: int = MOST
    ) -> None:
        self._path, self._clock, self._most = folder / FILE, clock, most
        self._lock = threading.Lock()
        self._hold(self._read())

    def messages(self) -> tuple[Seen, ...]:
        """Return what is kept."""
        return self._messages

    def keep(self, message: Seen) -> None:
        """Keep a message, once.

        Raises:
            Full: one must go before another may come.
            OSError: the file could not be written; nothing has changed.
        """
        with self._lock:
            if message in self._messages:
                return
            if len(self._kept) >= self._most:
                raise Full
            self._write((*self._kept, Saved.of(message, self._clock())))

    def drop(self, message: Seen) -> None:
        """Delete a message; no error if it was not saved.

        Raises:
            OSError: the file could not be written; nothing has changed.
        """
        with self._lock:
            self._write(tuple(saved for saved in self._kept if saved.seen() != message))

    def _write(self, kept: tuple[Saved, ...]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(_encoder.encode_lines(kept))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._hold(kept)

    def _hold(self, kept: tuple[Saved, ...]) -> None:
        self._kept, self._messages = kept, tuple(saved.seen() for saved in kept)

    def _read(self) -> tuple[Saved, ...]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as why:
            log.warning("cannot read saved messages: %s", why.strerror)
            return ()
        kept = []
        for line in lines:
            try:
                kept.append(_decoder.decode(line))
            except msgspec.DecodeError:
                log.warning("skipped an invalid line in %s", FILE)
        return tuple(kept[-self._most :])


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Saved)
