"""What the monitor channel tells a dashboard: traffic as it passes, and each node's health."""

from __future__ import annotations

from msgspec import Raw, Struct


class TrafficTotals(Struct, frozen=True):
    """Exact sums: publications, the sockets they were queued for, and their bytes.

    ``bytes`` are those of the messages as published, once each, without frame headers.
    """

    messages: int = 0
    deliveries: int = 0
    bytes: int = 0


class BusyChannel(Struct, frozen=True):
    """One channel's part of the traffic, and how many sockets hear it now."""

    channel: str
    messages: int
    deliveries: int
    bytes: int
    subscribers: int


class Sample(Struct, frozen=True):
    """One message as it was sent; ``channel`` is ``*`` for what went to everyone."""

    channel: str
    reached: int
    message: Raw


class TrafficPayload(Struct, frozen=True):
    """All that was published for one tenant since the last such message.

    ``kinds`` is keyed by channel kind (and ``*`` for everyone), ``types`` by message
    type.  ``sample`` is every message up to 500 a second; ``left_out`` counts the rest.
    """

    seconds: float
    kinds: dict[str, TrafficTotals]
    types: dict[str, TrafficTotals]
    busiest: tuple[BusyChannel, ...]
    sample: tuple[Sample, ...]
    left_out: int


class LatencyPercentiles(Struct, frozen=True):
    """Milliseconds from the acceptance of a publication to the write on its sockets."""

    p50: float
    p95: float
    p99: float


class NodeStats(Struct, frozen=True):
    """One server process.  Counters run from its start; ``latency`` covers the last minute.

    ``latency`` is None while nothing has been delivered; ``loop_lag_ms`` is the longest
    the event loop was late in the last second.
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
    """The health of every node, one entry each."""

    nodes: tuple[NodeStats, ...]
