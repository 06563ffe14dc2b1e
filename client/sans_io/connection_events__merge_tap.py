"""Tap: observes every text frame of a connection."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Direction(StrEnum):
    """Direction of a frame, from the client's point of view."""

    SENT = "sent"
    RECEIVED = "received"


Tap = Callable[[Direction, bytes], object]
"""Called with each frame: before it is sent, and before a received one is decoded.

Called on the socket's thread or task, in order; frames may contain tokens.
"""
