"""Saved messages: a file in the data folder, shared by all tabs.

Bounded.  A file that cannot be read as a whole is kept as ``*.broken`` when it is replaced.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from common import private_files
from dashboard.state.message_log import LoggedMessage
from protocol.codec import DECODE_ERRORS

log = logging.getLogger(__name__)
FILE_NAME = "saved-messages.jsonl"
MAX_SAVED = 500  # messages


class SavedMessagesFull(Exception):
    """The limit of saved messages is reached."""


class SavedMessage(Struct, frozen=True):
    """A line of the file: a ``LoggedMessage``, and when it was saved.

    ``message`` is the JSON of the message, or, where that has line breaks, a string with it.
    """

    saved_at: float
    seq: int
    at: float
    channel: str
    type: str
    reached: int
    message: Raw

    @classmethod
    def from_message(cls, message: LoggedMessage, at: float) -> SavedMessage:
        """Return the record of a message that is saved now."""
        text = message.text
        if b"\n" in text or b"\r" in text:
            text = _encoder.encode(text.decode(errors="replace"))
        return cls(
            at,
            message.seq,
            message.at,
            message.channel,
            message.type,
            message.reached,
            Raw(text),
        )

    def to_message(self) -> LoggedMessage:
        """Return the message."""
        text = bytes(self.message)
        if text.startswith(b'"'):
            text = msgspec.json.decode(text, type=str).encode()
        return LoggedMessage(self.seq, self.at, self.channel, self.type, self.reached, text)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SavedMessage)


class SavedMessages:
    """The saved messages, oldest first.  Thread-safe."""

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, limit: int = MAX_SAVED
    ) -> None:
        self._path, self._clock, self._limit = folder / FILE_NAME, clock, limit
        self._lock = threading.Lock()
        self._has_unread = False  # whether the file has more than the records
        self._set(self._read())

    def messages(self) -> tuple[LoggedMessage, ...]:
        """Return the saved messages."""
        return self._messages

    def save(self, message: LoggedMessage) -> None:
        """Save a message, if it is not saved yet.

        Raises:
            SavedMessagesFull: the limit is reached.
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
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._has_unread:
            aside = private_files.keep_aside(self._path)
            log.warning("kept what could not be read of %s as %s", FILE_NAME, aside.name)
            self._has_unread = False
        private_files.replace_file(self._path, _encoder.encode_lines(records))
        self._set(records)

    def _set(self, records: tuple[SavedMessage, ...]) -> None:
        self._records, self._messages = records, tuple(saved.to_message() for saved in records)

    def _read(self) -> tuple[SavedMessage, ...]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as error:
            log.warning("cannot read saved messages: %s", error.strerror)
            self._has_unread = True
            return ()
        kept = []
        for line in lines:
            try:
                saved = _decoder.decode(line)
                saved.to_message()
            except DECODE_ERRORS:
                log.warning("skipped an invalid line in %s", FILE_NAME)
                self._has_unread = True
            else:
                kept.append(saved)
        return tuple(kept[-self._limit :])
