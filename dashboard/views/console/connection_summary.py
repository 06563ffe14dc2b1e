"""Summary of a connection, computed from its frames: phase, user, token expiry.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from client.recorded_frames import FrameKind, RecordedFrame


class ConnectionPhase(StrEnum):
    """Whether frames can be sent."""

    NOT_CONNECTED = "never"
    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "ended"


class ConnectionSummary(Struct, frozen=True):
    """The current state of a connection; times are in seconds since the epoch.

    ``user``, ``role`` and ``tenant`` are empty before the sign-in; ``since`` is the start of the
    phase; ``closing_frame`` is the frame that closed the connection.
    """

    phase: ConnectionPhase = ConnectionPhase.NOT_CONNECTED
    since: float = 0.0
    user: str = ""
    role: str = ""
    tenant: str = ""
    expires_at: float | None = None
    closing_frame: RecordedFrame | None = None


def summarise(frames: Iterable[RecordedFrame]) -> ConnectionSummary:
    """Summarise the last connection from all frames of a recorder."""
    now = ConnectionSummary()
    for frame in frames:
        match frame.kind:
            case FrameKind.CONNECT:
                now = ConnectionSummary(ConnectionPhase.CONNECTING, frame.at)
            case FrameKind.OPEN:
                now = ConnectionSummary(ConnectionPhase.OPEN, frame.at)
            case FrameKind.CLOSE | FrameKind.HANDSHAKE_REJECTED:
                now = ConnectionSummary(ConnectionPhase.CLOSED, frame.at, closing_frame=frame)
            case FrameKind.TEXT if not frame.is_sent and frame.type == "auth_success":
                now = _with_identity(now, frame.json_body.get("payload"))
            case _:
                pass
    return now


def _with_identity(before: ConnectionSummary, payload: Any) -> ConnectionSummary:
    identity = payload if isinstance(payload, dict) else {}
    user, role, tenant = (str(identity.get(name, "")) for name in ("user_id", "role", "tenant_id"))
    return ConnectionSummary(
        ConnectionPhase.OPEN,
        before.since,
        user,
        role,
        tenant,
        _parse_timestamp(identity.get("expires_at")),
    )


def _parse_timestamp(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None
