"""The two ways in which the server says no: a refusal, and hanging up.

A refusal answers one request and leaves the connection alive; a close code ends the
connection and tells the client whether to come back.  They are two types, never mixed.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why a request was refused; clients branch on these, never on prose."""

    INVALID_MESSAGE = "invalid_message"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_PAYLOAD = "invalid_payload"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"
    INTERNAL = "internal"


class RequestError(Exception):
    """A request that was understood and declined.

    ``id`` is that of the request, where it had one that could be read.
    """

    def __init__(self, code: ErrorCode, message: str, id: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.id = code, message, id


class CloseCode(IntEnum):
    """Why a connection was ended.

    The range of ours tells a client what to do: 4000-4099 do not come back, 4100-4199
    come back after a back-off, 4200-4299 come back at once (with jitter).
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_TEXT = 1007
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    NOT_SIGNED_IN = 4001
    DISCONNECTED = 4003
    SLOW_CONSUMER = 4100
    FLOODING = 4101
    TOO_MANY_CONNECTIONS = 4102
    TOKEN_EXPIRED = 4103
    RESTARTING = 4200

    @property
    def reason(self) -> str:
        """Say it in words: what travels in the close frame."""
        return _CLOSE_REASONS[self]


_CLOSE_REASONS = {
    CloseCode.NORMAL: "Goodbye",
    CloseCode.GOING_AWAY: "The server is going away",
    CloseCode.PROTOCOL_ERROR: "These are no WebSocket frames",
    CloseCode.UNSUPPORTED_DATA: "Only text frames are understood",
    CloseCode.INVALID_TEXT: "The text is not valid UTF-8",
    CloseCode.MESSAGE_TOO_BIG: "The message is over the limit",
    CloseCode.INTERNAL_ERROR: "The server failed",
    CloseCode.NOT_SIGNED_IN: "Not signed in",
    CloseCode.DISCONNECTED: "Disconnected by an administrator",
    CloseCode.SLOW_CONSUMER: "Slow consumer",
    CloseCode.FLOODING: "Kept sending over the rate limit",
    CloseCode.TOO_MANY_CONNECTIONS: "Too many connections for this user",
    CloseCode.TOKEN_EXPIRED: "The token has expired",
    CloseCode.RESTARTING: "The server is restarting",
}
