"""How the response to a publish request is stored, for a repeat with its ``Idempotency-Key``.

Nodes of two versions may share a Redis, so the format must stay as it is.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct, field

from protocol.publications import PublishResponse
from server.errors import ApiError, ApiErrorCode


class _StoredResponse(Struct, frozen=True, omit_defaults=True):
    """A response; older versions also store the status, code, message and index of an error."""

    response: PublishResponse | None = field(default=None, name="accepted")
    error: tuple[int, ApiErrorCode, str, int | None] | None = field(default=None, name="problem")


_decoder = msgspec.json.Decoder(_StoredResponse)


def encode_response(response: PublishResponse) -> bytes:
    """Encode a response for the store."""
    return msgspec.json.encode(_StoredResponse(response=response))


def decode_response(stored: bytes) -> PublishResponse:
    """Decode a response from the store.

    Raises:
        ApiError: an older version stored one.
    """
    found = _decoder.decode(stored)
    if found.error is not None:
        _, code, message, index = found.error
        raise ApiError(code, message, index)
    return found.response or PublishResponse(0, 0)
