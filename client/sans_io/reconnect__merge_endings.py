"""Whether and how to reconnect after a close code or a rejected handshake.

Pure.  The codes are those of docs/protocol.md; after an unknown one the client reconnects with
backoff.
"""

from __future__ import annotations

from enum import Enum, auto

from protocol.errors import CloseCode

NO_STATUS_RECEIVED = 1005
"""The close frame carried no code (RFC 6455, 7.1.5)."""
ABNORMAL_CLOSURE = 1006
"""There was no close frame: the network or the server failed (RFC 6455, 7.1.5)."""
HTTP_FORBIDDEN = 403
"""HTTP status of a handshake from an origin that is not allowed."""
BACKOFF_CODES = range(4100, 4200)
"""The server asks for backoff: the client exceeded a limit."""

_CLIENT_FAULT_CODES = {
    CloseCode.UNSUPPORTED_DATA,
    CloseCode.INVALID_TEXT,
    CloseCode.MESSAGE_TOO_BIG,
}
_NO_RECONNECT_CODES = range(4000, 4100)
_IMMEDIATE_RECONNECT_CODES = range(4200, 4300)


class ReconnectPolicy(Enum):
    """Whether to reconnect, and how soon."""

    NEVER = auto()
    IMMEDIATE = auto()
    """With jitter, so that the clients do not all reconnect at the same moment."""
    BACKOFF = auto()


def policy_for_close(code: int) -> ReconnectPolicy:
    """Return the policy for a close code."""
    if code in _CLIENT_FAULT_CODES or code in _NO_RECONNECT_CODES:
        return ReconnectPolicy.NEVER
    if code == CloseCode.GOING_AWAY or code in _IMMEDIATE_RECONNECT_CODES:
        return ReconnectPolicy.IMMEDIATE
    return ReconnectPolicy.BACKOFF


def policy_for_handshake_status(status: int) -> ReconnectPolicy:
    """Return the policy for the HTTP status of a rejected handshake."""
    return ReconnectPolicy.NEVER if status == HTTP_FORBIDDEN else ReconnectPolicy.BACKOFF
