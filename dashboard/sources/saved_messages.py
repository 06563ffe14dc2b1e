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

from dashboard.messages import export
from dashboard.state.message_log import LoggedMessage

log = logging.getLogger(__name__)
FILE_NAME = "saved-messages.jsonl"
MAX_SAVED = 500  # messages


class SavedMessagesFull(Exception):
    """The limit of saved messages is reached."""


class SavedMessage(Struct, frozen=True):
    """A line of the file: a message as ``LoggedMessage`` has it, and when it was kept."""

    saved_at: float
    seq: int
    at: float
    channel: str
    type: str
    reached: int
    message: Raw

    @classmethod
    def from_message(cls, seen: LoggedMessage, at: float) -> SavedMessage:
        """Keep a message now."""
        text = Raw(export.strip_newlines(seen.text))
        return cls(at, seen.seq, seen.at, seen.channel, seen.type, seen.reached, text)

    def to_message(self) -> LoggedMessage:
        """Return the message."""
        text = bytes(self.message)
        return LoggedMessage(self.seq, self.at, self.channel, self.type, self.reached, text)


class SavedMessages:
    """The messages kept, oldest first.  For any thread."""

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, limit: int = MAX_SAVED
    ) -> None:
        self._path, self._clock, self._limit = folder / FILE_NAME, clock, limit
        self._lock = threading.Lock()
        self._set(self._read())

    def messages(self) -> tuple[LoggedMessage, ...]:
        """Return what is kept."""
        return self._messages

    def save(self, message: LoggedMessage) -> None:
        """Keep a message, once.

        Raises:
            Full: one must go before another may come.
            OSError: the file could not be written; nothing has changed.
        """
        with self._lock:
            if message in self._messages:
                return
            if len(self._records) >= self._limit:
                raise SavedMessagesFull
            self._write((*self._records, SavedMessage.from_message(message, self._clock())))

    def delete(self, message: LoggedMessage) -> None:
        """Delete a message; no error if it was not saved.

        Raises:
            OSError: the file could not be written; nothing has changed.
        """
        with self._lock:
            self._write(tuple(saved for saved in self._records if saved.to_message() != message))

    def _write(self, records: tuple[SavedMessage, ...]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(_encoder.encode_lines(records))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._set(records)

    def _set(self, records: tuple[SavedMessage, ...]) -> None:
        self._records, self._messages = records, tuple(saved.to_message() for saved in records)

    def _read(self) -> tuple[SavedMessage, ...]:
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
                log.warning("skipped an invalid line in %s", FILE_NAME)
        return tuple(kept[-self._limit :])


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SavedMessage)
