"""Summary of a connection, computed from its frames: phase, user, token expiry.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from dashboard.console.frames import Frame, Kind


class Phase(StrEnum):
    """Whether frames can be sent."""

    NEVER = "never"
    CONNECTING = "connecting"
    OPEN = "open"
    ENDED = "ended"


class Situation(Struct, frozen=True):
    """A connection as it is now; times are in seconds since the epoch.

    ``user``, ``role`` and ``tenant`` are empty before a sign-in; ``since`` is when the phase
    began.  ``ending`` is the frame that ended it.
    """

    phase: Phase = Phase.NEVER
    since: float = 0.0
    user: str = ""
    role: str = ""
    tenant: str = ""
    expires_at: float | None = None
    ending: Frame | None = None


def read(frames: Iterable[Frame]) -> Situation:
    """Read the frames of one line, the connections before the last included."""
    now = Situation()
    for frame in frames:
        match frame.kind:
            case Kind.CONNECT:
                now = Situation(Phase.CONNECTING, frame.at)
            case Kind.OPEN:
                now = Situation(Phase.OPEN, frame.at)
            case Kind.CLOSE | Kind.REFUSED:
                now = Situation(Phase.ENDED, frame.at, ending=frame)
            case Kind.TEXT if not frame.sent and frame.type == "auth_success":
                now = _signed_in(now, frame.body.get("payload"))
            case _:
                pass
    return now


def _signed_in(before: Situation, payload: Any) -> Situation:
    told = payload if isinstance(payload, dict) else {}
    user, role, tenant = (str(told.get(name, "")) for name in ("user_id", "role", "tenant_id"))
    return Situation(Phase.OPEN, before.since, user, role, tenant, _moment(told.get("expires_at")))


def _moment(text: object) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None
