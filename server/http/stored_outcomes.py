"""How the outcome of a publish request is stored, for a repeat with its ``Idempotency-Key``.

Nodes of two versions may share a Redis, so the format must stay as it is.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from protocol.publications import PublishResponse
from server.errors import ApiError, ApiErrorCode
from server.http.responses import STATUS_BY_CODE
from server.services.publishing import PublishOutcome


class _StoredOutcome(Struct, frozen=True, omit_defaults=True):
    """A response, or the status, code, message and index of an error."""

    response: PublishResponse | None = field(default=None, name="accepted")
    error: tuple[int, ApiErrorCode, str, int | None] | None = field(default=None, name="problem")


_decoder = msgspec.json.Decoder(_StoredOutcome)


def encode_outcome(outcome: PublishOutcome) -> bytes:
    """Encode an outcome for the store."""
    if isinstance(outcome, PublishResponse):
        return msgspec.json.encode(_StoredOutcome(response=outcome))
    error = (STATUS_BY_CODE[outcome.code], outcome.code, outcome.message, outcome.index)
    return msgspec.json.encode(_StoredOutcome(error=error))


def decode_outcome(stored: bytes) -> PublishOutcome:
    """Decode an outcome from the store."""
    outcome = _decoder.decode(stored)
    if outcome.error is not None:
        _, code, message, index = outcome.error
        return ApiError(code, message, index)
    return outcome.response or PublishResponse(0, 0)
