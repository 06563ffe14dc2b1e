"""What all JSON APIs of this project share: bearer tokens, and errors as JSON.

An error is ``{"error": {"code", "message"}}``, with ``field`` or ``index`` where a part of the
request is wrong.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType


class ErrorBody(Struct, frozen=True, omit_defaults=True):
    """An error: ``code`` is for programs, ``message`` for people.

    ``field`` names the wrong field of the request, ``index`` the wrong item of a list.
    """

    code: str
    message: str
    field: str | UnsetType = UNSET
    index: int | UnsetType = UNSET


class ErrorResponse(Struct, frozen=True):
    """The body of every response whose status is 400 or higher."""

    error: ErrorBody


@lru_cache(maxsize=256)  # a service sends the same one with every request
def bearer_token(authorization: str) -> str:
    """Return the token of an ``Authorization`` header, or an empty text if it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def json_response(body: bytes, status: int = 200, *, charset: str | None = None) -> web.Response:
    """Respond with encoded JSON."""
    return web.Response(body=body, status=status, content_type="application/json", charset=charset)


def error_response(status: int, error: ErrorBody, *, charset: str | None = None) -> web.Response:
    """Respond with an error."""
    return json_response(msgspec.json.encode(ErrorResponse(error)), status, charset=charset)


def error_of_http_exception(exception: web.HTTPException) -> ErrorBody:
    """Describe what aiohttp raises by itself: its reason phrase is the message and the code."""
    return ErrorBody(exception.reason.lower().replace(" ", "_"), exception.reason)
