"""What the end of a connection tells a client to do next.

Pure.  The ranges and codes are those of the protocol; a code that it does not list is
treated as an accident, after which a client comes back politely.
"""

from __future__ import annotations

from enum import Enum, auto

from protocol.errors import CloseCode

NO_CODE = 1005
"""The close frame carried no code (RFC 6455, 7.1.5)."""
ABNORMAL = 1006
"""There was no close frame: the network or the server broke off (RFC 6455, 7.1.5)."""
FORBIDDEN = 403
"""The HTTP answer to an upgrade from an origin that the server does not serve."""
BACK_OFF = range(4100, 4200)
"""The server asks for a back-off: it would not have closed a well-behaved connection."""

_OUR_FAULT = {CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_TEXT, CloseCode.MESSAGE_TOO_BIG}
_DO_NOT_COME_BACK = range(4000, 4100)
_COME_BACK_AT_ONCE = range(4200, 4300)


class Comeback(Enum):
    """Whether to connect again, and how soon."""

    NEVER = auto()
    AT_ONCE = auto()
    """With jitter, so that a server's clients do not all arrive in one instant."""
    AFTER_BACK_OFF = auto()


def after_close(code: int) -> Comeback:
    """Obey a close code."""
    if code in _OUR_FAULT or code in _DO_NOT_COME_BACK:
        return Comeback.NEVER
    if code == CloseCode.GOING_AWAY or code in _COME_BACK_AT_ONCE:
        return Comeback.AT_ONCE
    return Comeback.AFTER_BACK_OFF


def after_refused_upgrade(status: int) -> Comeback:
    """Obey the HTTP status that came instead of a WebSocket."""
    return Comeback.NEVER if status == FORBIDDEN else Comeback.AFTER_BACK_OFF
