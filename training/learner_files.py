"""Learners' progress in files: one for each learner, in the folder ``learners``."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from common import private_files
from protocol.codec import DECODE_ERRORS
from training.progress import Learner

FOLDER = "learners"
LOCK_FILE = "lock"
MAX_NAME_LENGTH = 60  # characters
MAX_BYTES = 1 << 20  # of one learner's file

log = logging.getLogger(__name__)
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Learner)


def normalised_name(name: str) -> str:
    """Return the form in which names are compared: ``" ОЛЕНА  П. "`` is ``"олена п."``."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def learner_key(name: str) -> str:
    """Return the key of a learner's file: a hash of the name, in which no name can be read."""
    return hashlib.sha256(normalised_name(name).encode()).hexdigest()[:32]


class LearnerFiles:
    """The learners of one data folder.  Several threads and processes may use it.

    A file that cannot be read is kept aside as ``*.broken``, and its learner starts again.
    """

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER
        self._lock = threading.Lock()
        self._cache: dict[Path, tuple[tuple[int, int], Learner]] = {}

    def read(self, name: str) -> Learner:
        """Return a learner's progress; of an unknown learner an empty one.

        Raises:
            OSError: the file could not be read.
        """
        with self._lock:
            return self._read(self._path(name)) or Learner(_shown_name(name))

    def update(self, name: str, change: Callable[[Learner], Learner]) -> Learner:
        """Change a learner's progress, and return it.

        What other tabs and processes have written is read again under a lock, so nothing is lost.

        Raises:
            OSError: the file could not be written; nothing has changed.
        """
        path = self._path(name)
        with self._lock, self._file_lock():
            before = self._read(path) or Learner(_shown_name(name))
            after = change(before)
            if after != before or not path.exists():
                private_files.replace_file(path, _encoder.encode(after))
            return after

    def all(self) -> tuple[Learner, ...]:
        """Return all learners, by name.

        Raises:
            OSError: a file could not be read.
        """
        with self._lock:
            found = [self._read(path) for path in sorted(self._folder.glob("*.json"))]
        return tuple(sorted((each for each in found if each), key=lambda each: each.name))

    def broken_files(self) -> tuple[Path, ...]:
        """Return the files that could not be read and were kept aside."""
        return tuple(sorted(self._folder.glob("*.broken*")))

    def _path(self, name: str) -> Path:
        return self._folder / f"{learner_key(name)}.json"

    def _read(self, path: Path) -> Learner | None:
        """Return the learner of a file; None if there is none, or none that can be read."""
        try:
            status = path.stat()
        except FileNotFoundError:
            self._cache.pop(path, None)
            return None
        version = (status.st_mtime_ns, status.st_ino)
        known, learner = self._cache.get(path, ((0, 0), None))
        if learner is not None and known == version:
            return learner
        try:
            if status.st_size > MAX_BYTES:
                raise msgspec.DecodeError("the file is too large")
            learner = _decoder.decode(path.read_bytes())
        except DECODE_ERRORS as error:
            aside = private_files.keep_aside(path)
            log.warning("cannot read %s (%s): kept as %s", path, error, aside.name)
            return None
        self._cache[path] = (version, learner)
        return learner

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        """Hold the folder's lock, also against other processes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self._folder / LOCK_FILE, "wb", opener=private_files.open_for_owner) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            yield


def _shown_name(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME_LENGTH]
