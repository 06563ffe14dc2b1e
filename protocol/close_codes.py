"""Close codes: why a connection was closed, and what a client does after it."""

from __future__ import annotations

from enum import Enum, IntEnum, auto


class Reconnect(Enum):
    """What a client does after its connection was closed."""

    NEVER = auto()
    IMMEDIATELY = auto()
    """With jitter, so that the clients do not all reconnect at the same moment."""
    WITH_BACKOFF = auto()
    WITH_NEW_TOKEN = auto()
    """With backoff as well: the server has just closed the connection."""


NO_STATUS_RECEIVED = 1005
"""Never sent: the close frame carried no code (RFC 6455, 7.1.5)."""
ABNORMAL_CLOSURE = 1006
"""Never sent: there was no close frame, as the network or the other side failed."""


class CloseCode(IntEnum):
    """Why a connection was closed.

    A client that does not know a code of this server goes by its range, see
    ``reconnect_after``.
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
        """The text of the close frame."""
        return _CLOSE_REASONS[self]

    @property
    def reconnect(self) -> Reconnect:
        """What a client does after this code; docs/protocol.md has the same table."""
        return _RECONNECT[self]


_CLOSE_REASONS = {
    CloseCode.NORMAL: "Normal closure",
    CloseCode.GOING_AWAY: "The server is going away",
    CloseCode.PROTOCOL_ERROR: "Protocol error",
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

_RECONNECT = {
    CloseCode.NORMAL: Reconnect.WITH_BACKOFF,
    CloseCode.GOING_AWAY: Reconnect.IMMEDIATELY,
    CloseCode.PROTOCOL_ERROR: Reconnect.NEVER,  # the client would send the same frames again
    CloseCode.UNSUPPORTED_DATA: Reconnect.NEVER,
    CloseCode.INVALID_TEXT: Reconnect.NEVER,
    CloseCode.MESSAGE_TOO_BIG: Reconnect.NEVER,
    CloseCode.INTERNAL_ERROR: Reconnect.WITH_BACKOFF,
    CloseCode.NOT_SIGNED_IN: Reconnect.NEVER,
    CloseCode.DISCONNECTED: Reconnect.NEVER,
    CloseCode.SLOW_CONSUMER: Reconnect.WITH_BACKOFF,
    CloseCode.FLOODING: Reconnect.WITH_BACKOFF,
    CloseCode.TOO_MANY_CONNECTIONS: Reconnect.WITH_BACKOFF,
    CloseCode.TOKEN_EXPIRED: Reconnect.WITH_NEW_TOKEN,
    CloseCode.RESTARTING: Reconnect.IMMEDIATELY,
}
LIMIT_EXCEEDED_CODES = range(4100, 4200)
"""Codes with which the server closes a connection that exceeded a limit."""
_RECONNECT_BY_RANGE = {
    range(4000, 4100): Reconnect.NEVER,
    LIMIT_EXCEEDED_CODES: Reconnect.WITH_BACKOFF,
    range(4200, 4300): Reconnect.IMMEDIATELY,
}


def reconnect_after(code: int) -> Reconnect:
    """Return what a client does after any close code, such as one of a newer server."""
    if code in _RECONNECT:
        return CloseCode(code).reconnect
    matching = (action for codes, action in _RECONNECT_BY_RANGE.items() if code in codes)
    return next(matching, Reconnect.WITH_BACKOFF)
