"""What a connection can bring, in the words that both kinds of line share."""

from __future__ import annotations

from msgspec import Struct


class Text(Struct, frozen=True):
    """A message."""

    data: bytes


class SignOfLife(Struct, frozen=True):
    """Something that is no message: a ping, which was answered, or part of a frame."""


class Ended(Struct, frozen=True):
    """The end of the connection: ``endings.ABNORMAL`` where there was no goodbye."""

    code: int
    reason: str


Arrival = Text | SignOfLife | Ended


class UpgradeRefused(Exception):
    """The server answered with an HTTP status instead of a WebSocket."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def describe(why: Exception) -> str:
    """Say what broke in a few words, none of which can be from an address."""
    return (isinstance(why, OSError) and why.strerror) or type(why).__name__
