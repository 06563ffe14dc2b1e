"""Payloads of the monitor channel: traffic and the state of each node."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Raw, Struct


class TrafficTotals(Struct, frozen=True):
    """Exact totals of publications, deliveries and bytes.

    A delivery is a publication queued for one connection.  ``bytes`` counts each published
    message once, without frame headers.
    """

    messages: int = 0
    deliveries: int = 0
    bytes: int = 0


class BusyChannel(Struct, frozen=True):
    """Traffic of one channel, and its current number of subscribers."""

    channel: str
    messages: int
    deliveries: int
    bytes: int
    subscribers: int


class Sample(Struct, frozen=True):
    """One message as it was sent; ``channel`` is ``*`` for a message to everyone."""

    channel: str
    reached: int
    message: Raw


class TrafficPayload(Struct, frozen=True):
    """Publications of one tenant since the last report.

    ``kinds`` is keyed by channel kind (``*`` for everyone), ``types`` by message type.  ``sample``
    has all messages up to 500 per second; ``left_out`` counts the rest.
    """

    seconds: float
    kinds: dict[str, TrafficTotals]
    types: dict[str, TrafficTotals]
    busiest: tuple[BusyChannel, ...]
    sample: tuple[Sample, ...]
    left_out: int


class LatencyPercentiles(Struct, frozen=True):
    """Milliseconds from accepting a publication to writing it to its connections."""

    p50: float
    p95: float
    p99: float


class NodeStats(Struct, frozen=True):
    """State of one server process.  Counters start with it; ``latency`` covers the last minute.

    ``latency`` is None without deliveries; ``loop_lag_ms`` is the longest delay of the event loop
    in the last second.  ``connections_low`` and ``connections_high`` are the lowest and highest
    number of connections since the last report, None from a node of an earlier version.
    ``connected`` and ``left`` count the connections that began and ended since the start, and
    ``anonymous``, by `ConnectionEventKind`, those that ended without signing in, and refused
    handshakes: they belong to no tenant.  A client with more than ``queue_limit_bytes`` queued
    for longer than a second is a slow consumer.
    """

    node: str
    uptime_s: float
    connections: int
    signed_in: int
    subscriptions: int
    channels: int
    messages_in: int
    messages_out: int
    publications: int
    deliveries: int
    refusals: dict[str, int]
    closes: dict[str, int]
    evictions: int
    loop_lag_ms: float
    latency: LatencyPercentiles | None
    connections_low: int | None = None
    connections_high: int | None = None
    connected: int = 0
    left: int = 0
    anonymous: dict[str, int] = {}
    queue_limit_bytes: int | None = None


class ConnectionEventKind(StrEnum):
    """What happened to a connection.

    ``CLOSED``: the client left, with or without a close frame.  ``REFUSED``: its sign-in was
    refused.  ``EVICTED``: it was a slow consumer.  ``DISCONNECTED``: an admin or the server
    closed it.
    """

    CONNECTED = "connected"
    CLOSED = "closed"
    REFUSED = "refused"
    EVICTED = "evicted"
    DISCONNECTED = "disconnected"


class ConnectionEvent(Struct, frozen=True, omit_defaults=True):
    """An event of one signed-in connection; ``at`` is in seconds since the epoch.

    ``event`` is a `ConnectionEventKind`; later versions may add kinds.  ``code`` is the close
    code, 0 for ``connected``, and ``bytes`` what the client had not taken when it ended.  ``name``
    is the user's by the token, empty if it has none.
    """

    at: float
    event: str
    connection_id: str
    user_id: str
    node: str
    code: int = 0
    reason: str = ""
    bytes: int = 0
    name: str = ""


class RefusedRequest(Struct, frozen=True, omit_defaults=True):
    """A request of a signed-in user that was answered with an error.

    ``at`` is in seconds since the epoch, ``code`` that of the error, ``channel`` as it was
    requested, empty if the request names none.
    """

    at: float
    user_id: str
    code: str
    channel: str = ""


class StatsPayload(Struct, frozen=True, omit_defaults=True):
    """The state of every node, and what happened to the connections of one tenant.

    ``events`` are those since the last report, the oldest first; ``events_left_out`` counts
    what did not fit.  With ``is_full_log`` they are all that are kept, ten minutes at most:
    somebody has just subscribed.  ``refused`` are the refused requests of the tenant's users
    since the last report, ``refused_left_out`` counts what did not fit.
    """

    nodes: tuple[NodeStats, ...]
    events: tuple[ConnectionEvent, ...] = ()
    events_left_out: int = 0
    is_full_log: bool = False
    refused: tuple[RefusedRequest, ...] = ()
    refused_left_out: int = 0
