"""What the server's answer to a publish request means for the batch in it.

Pure.  An answer that blames no single item is never a reason to drop one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from protocol.codec import UNREADABLE
from protocol.publications import Accepted

LONGEST_RETRY_AFTER_S = 60.0
"""A server that asks for more patience is asked again after so long."""
_REFUSALS = (403, 422)


class Taken(Struct, frozen=True):
    """All of it was accepted, and queued for so many sockets."""

    reached: int


class Wrong(Struct, frozen=True):
    """One item, counted from 0, is refused for good; nothing was accepted."""

    index: int
    why: str


class TooMuch(Struct, frozen=True):
    """The server takes smaller batches only."""


class TokenOver(Struct, frozen=True):
    """The token is not taken, or no more."""


class NotNow(Struct, frozen=True):
    """Send it again, after a back-off and not before so many seconds.

    ``needs_new_key``: the server knows the batch's key for another batch.
    """

    why: str
    at_least_s: float = 0.0
    needs_new_key: bool = False


Verdict = Taken | Wrong | TooMuch | TokenOver | NotNow


class _Problem(Struct, frozen=True):
    code: str = ""
    message: str = ""
    index: int | None = None


class _Failure(Struct, frozen=True):
    error: _Problem = _Problem()


def judge(status: int, headers: Mapping[str, str], body: bytes, items: int) -> Verdict:
    """Read an answer to a batch of ``items``."""
    if status == 200:
        return Taken(_read(body, Accepted(items, 0)).reached)
    if status == 401:
        return TokenOver()
    if status == 413:
        return TooMuch() if items > 1 else Wrong(0, "it is too big for this server")
    problem = _read(body, _Failure()).error
    if status in _REFUSALS and problem.index is not None and 0 <= problem.index < items:
        return Wrong(problem.index, problem.message or f"HTTP {status}")
    why = f"HTTP {status} {problem.message}".rstrip()
    return NotNow(why, _retry_after(headers), needs_new_key=status == 409)


S = TypeVar("S", bound=Struct)


def _read(body: bytes, otherwise: S) -> S:
    try:
        return msgspec.json.decode(body, type=type(otherwise))
    except UNREADABLE:
        return otherwise


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return min(LONGEST_RETRY_AFTER_S, float(headers.get("Retry-After", "")))
    except ValueError:
        return 0.0  # none, or a date
