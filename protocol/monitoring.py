"""Payloads of the monitor channel: traffic and the state of each node."""

from __future__ import annotations

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
    in the last second.
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


class StatsPayload(Struct, frozen=True):
    """The state of every node."""

    nodes: tuple[NodeStats, ...]
