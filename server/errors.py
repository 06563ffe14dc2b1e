"""Errors that a service answers a request with.

They know nothing of HTTP: `server/http/responses.py` has the status of each code.
"""

from __future__ import annotations

from enum import StrEnum


class ApiErrorCode(StrEnum):
    """Why a request was rejected; clients branch on these, never on the message."""

    FORBIDDEN = "forbidden"
    INVALID_BODY = "invalid_body"
    INVALID_CHANNEL = "invalid_channel"
    INVALID_JSON = "invalid_json"
    INVALID_KEY = "invalid_key"
    INVALID_LIST = "invalid_list"
    INVALID_PUBLICATION = "invalid_publication"
    KEY_REUSED = "key_reused"
    NOT_FOUND = "not_found"
    TOO_BIG = "too_big"
    UNAUTHENTICATED = "unauthenticated"
    UNAVAILABLE = "unavailable"


class ApiError(Exception):
    """A request is answered with an error; ``index`` names the wrong item of a list."""

    def __init__(self, code: ApiErrorCode, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.index = code, message, index
