"""Whether and how to reconnect after a close code or a rejected handshake.

Pure.  The codes are those of docs/protocol.md; after an unknown one the client reconnects with
backoff.
"""

from __future__ import annotations

from enum import Enum, auto

from protocol.errors import CloseCode

NO_CODE = 1005
"""The close frame carried no code (RFC 6455, 7.1.5)."""
ABNORMAL = 1006
"""There was no close frame: the network or the server failed (RFC 6455, 7.1.5)."""
FORBIDDEN = 403
"""HTTP status of a handshake from an origin that is not allowed."""
BACK_OFF = range(4100, 4200)
"""The server asks for backoff: the client exceeded a limit."""

_OUR_FAULT = {CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_TEXT, CloseCode.MESSAGE_TOO_BIG}
_DO_NOT_COME_BACK = range(4000, 4100)
_COME_BACK_AT_ONCE = range(4200, 4300)


class Comeback(Enum):
    """Whether to reconnect, and how soon."""

    NEVER = auto()
    AT_ONCE = auto()
    """With jitter, so that the clients do not all reconnect at the same moment."""
    AFTER_BACK_OFF = auto()


def after_close(code: int) -> Comeback:
    """Return the policy for a close code."""
    if code in _OUR_FAULT or code in _DO_NOT_COME_BACK:
        return Comeback.NEVER
    if code == CloseCode.GOING_AWAY or code in _COME_BACK_AT_ONCE:
        return Comeback.AT_ONCE
    return Comeback.AFTER_BACK_OFF


def after_refused_upgrade(status: int) -> Comeback:
    """Return the policy for the HTTP status of a rejected handshake."""
    return Comeback.NEVER if status == FORBIDDEN else Comeback.AFTER_BACK_OFF
