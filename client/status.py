"""How a client's connection is, for people and pages to look at."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """Where a client is between wanting a connection and having one."""

    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Status(Struct, frozen=True):
    """One moment of a connection; times are in seconds since the epoch.

    ``since`` is when ``state`` began and ``retry_at``, while waiting, when it ends.
    ``attempt`` counts the connections that failed since the last good one.
    ``close_code`` and ``close_reason`` say how the last connection ended, until the next
    is open; a refused upgrade has a reason (``HTTP 503``) and no code.
    """

    state: State
    signed_in: bool
    attempt: int
    retry_at: float | None
    close_code: int | None
    close_reason: str
    since: float
    round_trip_ms: float | None
    """How long the last heartbeat took there and back, if one has been answered yet."""
