"""Interprets the response to a publish request.

Pure.  An item is dropped only if the response names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from protocol.codec import UNREADABLE
from protocol.publications import Accepted

LONGEST_RETRY_AFTER_S = 60.0
"""Upper bound of the server's Retry-After."""
_REFUSALS = (403, 422)


class Taken(Struct, frozen=True):
    """The whole batch was accepted, and queued for ``reached`` sockets."""

    reached: int


class Wrong(Struct, frozen=True):
    """One item (``index`` from 0) was rejected permanently; nothing was accepted."""

    index: int
    why: str


class TooMuch(Struct, frozen=True):
    """The batch exceeds the server's limit."""


class TokenOver(Struct, frozen=True):
    """The token is invalid or expired."""


class NotNow(Struct, frozen=True):
    """Retry after a backoff of at least ``at_least_s`` seconds.

    ``needs_new_key``: the server has seen the idempotency key with another body.
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
    """Interpret the response to a batch of ``items`` publications."""
    if status == 200:
        return Taken(_read(body, Accepted(items, 0)).reached)
    if status == 401:
        return TokenOver()
    if status == 413:
        return TooMuch() if items > 1 else Wrong(0, "too large for this server")
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
