"""Looking on: every text frame of a connection, as it is on the wire."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Way(StrEnum):
    """Which way a frame went, seen from the client."""

    SENT = "sent"
    RECEIVED = "received"


Tap = Callable[[Way, bytes], object]
"""Told each frame: those sent just before they leave, those received before they are read.

Called where the socket is read and written, in the order of the wire; frames may hold tokens.
"""
