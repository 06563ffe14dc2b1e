"""Events that a connection reports to the client core, and the callback for its frames.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class TextReceived(Struct, frozen=True):
    """A text message."""

    data: bytes


class PeerActivity(Struct, frozen=True):
    """Any other data: a ping, which was answered, or part of a frame."""


class ConnectionClosed(Struct, frozen=True):
    """The connection closed; ``ABNORMAL_CLOSURE`` without a close frame."""

    code: int
    reason: str


ConnectionEvent = TextReceived | PeerActivity | ConnectionClosed


class HandshakeRejected(Exception):
    """The server rejected the handshake with an HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def describe_error(error: Exception) -> str:
    """Describe an error without any part of the URL, which may hold a token."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


class Direction(StrEnum):
    """Direction of a frame, from the client's point of view."""

    SENT = "sent"
    RECEIVED = "received"


FrameCallback = Callable[[Direction, bytes], object]
"""Called with each frame: before it is sent, and before a received one is decoded.

Called on the socket's thread or task, in order; frames may contain tokens.
"""
