"""Summary of a connection, computed from its frames: phase, user, token, subscriptions.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from client.recorded_frames import FrameKind, RecordedFrame


class ConnectionPhase(StrEnum):
    """Whether frames can be sent."""

    NOT_CONNECTED = "never"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "ended"


class TokenState(StrEnum):
    """What the server last said about the connection's token."""

    NONE = "none"  # nothing yet
    REJECTED = "rejected"  # the connection is not signed in
    ACCEPTED = "accepted"
    EXPIRED = "expired"  # the connection closes soon


class ConnectionSummary(Struct, frozen=True):
    """The current state of a connection; times are in seconds since the epoch.

    ``user``, ``role`` and ``tenant`` are empty before the sign-in; ``since`` is the start of the
    phase, ``token_since`` of the last ``auth_success``; ``closing_frame`` is the frame that closed
    the connection.
    """

    phase: ConnectionPhase = ConnectionPhase.NOT_CONNECTED
    since: float = 0.0
    user: str = ""
    role: str = ""
    tenant: str = ""
    expires_at: float | None = None
    token: TokenState = TokenState.NONE
    token_since: float = 0.0
    closing_frame: RecordedFrame | None = None

    @property
    def is_staff(self) -> bool:
        """Whether it is signed in as an agent or an admin."""
        return self.role in ("agent", "admin")


def summarise(frames: Iterable[RecordedFrame]) -> ConnectionSummary:
    """Summarise the last connection from all frames of a recorder."""
    now = ConnectionSummary()
    for frame in frames:
        now = advance(now, frame)
    return now


def advance(now: ConnectionSummary, frame: RecordedFrame) -> ConnectionSummary:
    """Return the summary after one more frame."""
    match frame.kind:
        case FrameKind.CONNECT:
            return ConnectionSummary(ConnectionPhase.CONNECTING, frame.at)
        case FrameKind.OPEN:
            return ConnectionSummary(ConnectionPhase.OPEN, frame.at)
        case FrameKind.CLOSE | FrameKind.HANDSHAKE_REJECTED:
            return ConnectionSummary(ConnectionPhase.CLOSED, frame.at, closing_frame=frame)
        case FrameKind.TEXT if not frame.is_sent and frame.type == "auth_success":
            return _with_identity(now, frame)
        case FrameKind.TEXT if not frame.is_sent and frame.type == "auth_error":
            return replace(now, token=_token_state_after_error(now, frame))
        case _:
            return now


def is_token_expiry(before: ConnectionSummary, frame: RecordedFrame) -> bool:
    """Return whether an ``auth_error`` says that the token of the sign-in has expired.

    It is sent unsolicited; one with an ``id`` rejects another token, and the sign-in remains.
    """
    return bool(before.user) and frame.id is None


def _token_state_after_error(before: ConnectionSummary, frame: RecordedFrame) -> TokenState:
    if is_token_expiry(before, frame):
        return TokenState.EXPIRED
    return before.token if before.user else TokenState.REJECTED


def _with_identity(before: ConnectionSummary, frame: RecordedFrame) -> ConnectionSummary:
    identity = frame.payload
    user, role, tenant = (str(identity.get(name, "")) for name in ("user_id", "role", "tenant_id"))
    return ConnectionSummary(
        ConnectionPhase.OPEN,
        before.since,
        user,
        role,
        tenant,
        _parse_timestamp(identity.get("expires_at")),
        TokenState.ACCEPTED,
        frame.at,
    )


def _parse_timestamp(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None
