"""Files that only their owner can read.

A new file replaces the old one as a whole, so that a crash leaves one of the two.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        OSError: it could not be written; nothing has changed.
    """
    new_path = path.with_suffix(".new")
    with open(new_path, "wb", opener=open_for_owner) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new_path.replace(path)


def keep_aside(path: Path) -> Path:
    """Rename a file that cannot be read to ``*.broken``; returns the new path.

    Earlier ones are kept, too.  No error if another program has renamed it.

    Raises:
        OSError: it could not be renamed.
    """
    aside, number = path.with_suffix(".broken"), 1
    while aside.exists():
        number += 1
        aside = path.with_suffix(f".broken-{number}")
    with suppress(FileNotFoundError):
        path.replace(aside)
    return aside


def open_for_owner(path: str, flags: int) -> int:
    """Open a file, which only its owner can read if it is a new one; an ``opener`` of ``open``."""
    return os.open(path, flags, mode=0o600)
