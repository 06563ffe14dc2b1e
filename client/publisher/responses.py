"""Interprets the response to a publish request.

Pure.  An item is dropped only if the response names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from protocol.codec import DECODE_ERRORS
from protocol.publications import PublishResponse

MAX_RETRY_AFTER_S = 60.0
"""Upper bound of the server's Retry-After."""
_ITEM_ERROR_STATUSES = (403, 422)


class BatchAccepted(Struct, frozen=True):
    """The whole batch was accepted, and queued for ``reached`` sockets."""

    reached: int


class ItemRejected(Struct, frozen=True):
    """One item (``index`` from 0) was rejected permanently; nothing was accepted."""

    index: int
    reason: str


class BatchTooLarge(Struct, frozen=True):
    """The batch exceeds the server's limit."""


class TokenRejected(Struct, frozen=True):
    """The token is invalid or expired."""


class RetryLater(Struct, frozen=True):
    """Retry after a backoff of at least ``min_delay_s`` seconds.

    ``needs_new_key``: the server has seen the idempotency key with another body.
    """

    reason: str
    min_delay_s: float = 0.0
    needs_new_key: bool = False


PublishOutcome = BatchAccepted | ItemRejected | BatchTooLarge | TokenRejected | RetryLater


class _PublishError(Struct, frozen=True):
    code: str = ""
    message: str = ""
    index: int | None = None


class _PublishErrorResponse(Struct, frozen=True):
    error: _PublishError = _PublishError()


def parse_response(
    status: int, headers: Mapping[str, str], body: bytes, item_count: int
) -> PublishOutcome:
    """Interpret the response to a batch of ``item_count`` publications."""
    if status == 200:
        return BatchAccepted(_decode_or(body, PublishResponse(item_count, 0)).reached)
    if status == 401:
        return TokenRejected()
    if status == 413:
        return BatchTooLarge() if item_count > 1 else ItemRejected(0, "too large for this server")
    error = _decode_or(body, _PublishErrorResponse()).error
    if status in _ITEM_ERROR_STATUSES and error.index is not None and 0 <= error.index < item_count:
        return ItemRejected(error.index, error.message or f"HTTP {status}")
    reason = f"HTTP {status} {error.message}".rstrip()
    return RetryLater(reason, _retry_after_s(headers), needs_new_key=status == 409)


S = TypeVar("S", bound=Struct)


def _decode_or(body: bytes, default: S) -> S:
    try:
        return msgspec.json.decode(body, type=type(default))
    except DECODE_ERRORS:
        return default


def _retry_after_s(headers: Mapping[str, str]) -> float:
    try:
        return min(MAX_RETRY_AFTER_S, float(headers.get("Retry-After", "")))
    except ValueError:
        return 0.0  # none, or a date
