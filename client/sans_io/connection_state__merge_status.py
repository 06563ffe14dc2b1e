"""Status of a client's connection."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ConnectionState(StrEnum):
    """State of a client's connection."""

    CONNECTING = "connecting"
    OPEN = "open"
    BACKOFF = "waiting"
    CLOSED = "closed"


class ConnectionStatus(Struct, frozen=True):
    """Snapshot of a connection; times are in seconds since the epoch.

    ``since`` is when ``state`` began, ``retry_at`` when a backoff ends.  ``attempt`` counts
    failed attempts since the last stable connection.  ``close_code`` and ``close_reason`` are
    those of the last connection until the next is open; a rejected handshake has a reason
    (``HTTP 503``) and no code.
    """

    state: ConnectionState
    signed_in: bool
    attempt: int
    retry_at: float | None
    close_code: int | None
    close_reason: str
    since: float
    round_trip_ms: float | None
    """Round trip of the last ping; None before the first pong."""
