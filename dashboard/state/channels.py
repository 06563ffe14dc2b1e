"""Channels, their activity, and the rows of the Explorer's channel tree.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from dashboard.state.time_series import WINDOW_S, Series
from protocol.channels import ChannelKind
from protocol.monitoring import TrafficPayload
from protocol.publications import Everyone

EVERYONE_KIND = "everyone"  # of messages to EVERYONE_ADDRESS
EVERYONE_ADDRESS = str(Everyone.EVERYONE)  # as the monitor writes it
KINDS = (*(str(kind) for kind in ChannelKind), EVERYONE_KIND)
MAX_CHANNELS = 2_000  # beyond it the channel that was inactive longest is dropped
TOP_CHANNELS = 5  # of an open kind, until all are asked for
MAX_TREE_ROWS = 150  # channels of a kind that are shown at most
BUCKET_S = 5  # of a channel's sparkline
BUCKETS = WINDOW_S // BUCKET_S
RATE_BUCKETS = 2  # of a channel's rate


class ChannelActivity(Struct, frozen=True):
    """Totals and recent rates of one channel since the dashboard started.

    ``subscribers`` is None until the channel was among the busiest of a report; ``recent``
    holds sums by ``BUCKET_S``, oldest first, without empty ones.  ``bytes`` counts each message
    once.
    """

    name: str
    kind: str
    total: int = 0
    bytes: int = 0
    subscribers: int | None = None
    last: float = 0.0
    recent: tuple[tuple[int, int], ...] = ()

    def rate(self, now: float) -> float:
        """Return messages per second over 10 seconds, until the current bucket.

        It changes once in a bucket, so that channels sorted by it do not jump in between.
        """
        bucket = now // BUCKET_S
        fresh = sum(count for at, count in self.recent if bucket - RATE_BUCKETS <= at < bucket)
        return fresh / (RATE_BUCKETS * BUCKET_S)

    def trend(self, now: float) -> list[float]:
        """Return messages per second over the last two minutes, without the current bucket."""
        sums, bucket = dict(self.recent), int(now // BUCKET_S)
        return [sums.get(b, 0) / BUCKET_S for b in range(bucket - BUCKETS, bucket)]


class TreeRowRole(StrEnum):
    """What a row of the tree stands for."""

    PINNED = "pinned"
    KIND = "kind"
    CHANNEL = "channel"
    MORE = "more"
    LISTED = "listed"


class ChannelTreeRow(Struct, frozen=True):
    """One row of the tree: a kind with its totals, a channel, or a kind's channels not shown.

    ``filter_value`` is the filter of the message list that a click on the row sets; the row of
    the channels not shown has their kind's.  ``channel_count`` counts the channels of a kind;
    ``is_full`` is true if all of them were requested.  While a search is shown, a kind has the
    totals of the channels that were found.  A LISTED channel is one of a list without kinds.
    """

    role: TreeRowRole
    filter_value: str
    kind: str
    name: str
    channel_count: int = 1
    rate: float = 0.0
    total: int = 0
    bytes: int = 0
    subscribers: int | None = None
    trend: tuple[float, ...] = ()
    is_full: bool = False

    @property
    def id(self) -> str:
        """The row's id, unique in the tree."""
        return f"{self.role} {self.filter_value}"


class ChannelSort(StrEnum):
    """Order of the kinds, and of the channels within a kind."""

    RATE = "rate"
    SIZE = "size"
    TOTAL = "total"
    SUBSCRIBERS = "subscribers"
    LATEST = "latest"
    NAME = "name"


class TreeView(Struct, frozen=True):
    """What of the tree is shown.

    A search opens every kind; it finds the channels whose name contains it, and those that are
    ``named`` by it.  ``closed`` kinds show no channels; kinds in ``full`` show all of
    them, others the first ``TOP_CHANNELS`` and the ``selected`` one.  ``is_flat``: all channels in
    one list, the busiest first, whatever ``sort`` says.
    """

    search: str = ""
    named: frozenset[str] = frozenset()
    sort: ChannelSort = ChannelSort.RATE
    selected: str = ""
    closed: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()
    pinned: tuple[str, ...] = ()
    with_monitor: bool = True
    is_flat: bool = False

    def finds(self, channel: str) -> bool:
        """Tell whether the search finds a channel."""
        return self.search.casefold() in channel.casefold() or channel in self.named


def kind_of(channel: str) -> str:
    """Return the kind of a channel's name as the monitor writes it."""
    return EVERYONE_KIND if channel == EVERYONE_ADDRESS else channel.partition(":")[0]


def add_report(channels: dict[str, ChannelActivity], traffic: TrafficPayload, at: float) -> None:
    """Add a traffic report to the channels, in place.

    Counts are exact for the busiest channels of the report; others are counted in its sample.
    """
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for sample in traffic.sample:
        counts[sample.channel] = counts.get(sample.channel, 0) + 1
        sizes[sample.channel] = sizes.get(sample.channel, 0) + len(memoryview(sample.message))
    subscribers = {busy.channel: busy.subscribers for busy in traffic.busiest}
    counts |= {busy.channel: busy.messages for busy in traffic.busiest}
    sizes |= {busy.channel: busy.bytes for busy in traffic.busiest}
    bucket = int(at // BUCKET_S)
    for name, count in counts.items():
        before = channels.pop(name, None) or ChannelActivity(name, kind_of(name))
        recent = [(b, n) for b, n in before.recent if bucket - BUCKETS <= b < bucket]
        present = sum(n for b, n in before.recent if b == bucket)
        channels[name] = replace(  # popped and put back: the first in the dict was inactive longest
            before,
            total=before.total + count,
            bytes=before.bytes + sizes[name],
            subscribers=subscribers.get(name, before.subscribers),
            last=at,
            recent=(*recent, (bucket, present + count)),
        )
    while len(channels) > MAX_CHANNELS:
        del channels[next(iter(channels))]


def build_tree(
    channels: Mapping[str, ChannelActivity], series: Series, view: TreeView, now: float
) -> list[ChannelTreeRow]:
    """Return the rows: pinned channels, then each kind with its channels, if it is open."""
    members: dict[str, list[ChannelActivity]] = {
        kind: [] for kind in KINDS if view.with_monitor or kind != ChannelKind.MONITOR
    }
    for channel in channels.values():
        if channel.kind in members and view.finds(channel.name):
            members[channel.kind].append(channel)
    rows = [_pinned_row(channels.get(name), name, now) for name in view.pinned]
    if view.is_flat:
        listed = [channel for some in members.values() for channel in some]
        in_order = _sort_channels(listed, ChannelSort.RATE, now)
        return rows + [_channel_row(c, now, TreeRowRole.LISTED) for c in in_order]
    for kind in _sort_kinds(members, view.sort, now):
        some = members[kind]
        if not some and (view.search or kind == EVERYONE_KIND):
            continue
        shown = _shown_channels(some, kind, view, now)
        rows.append(_kind_row(kind, some, None if view.search else series, now))
        rows += [_channel_row(channel, now) for channel in shown]
        is_open = bool(view.search) or kind not in view.closed
        if is_open and len(some) > TOP_CHANNELS:
            rows.append(_more_row(kind, len(some), kind in view.full))
    return rows


def filter_of_kind(kind: str) -> str:
    """Return the filter of the message list that matches a kind's channels."""
    return EVERYONE_ADDRESS if kind == EVERYONE_KIND else f"{kind}:"


def _shown_channels(
    members: list[ChannelActivity], kind: str, view: TreeView, now: float
) -> list[ChannelActivity]:
    if not view.search and kind in view.closed:
        return []
    in_order = _sort_channels(members, view.sort, now)
    if kind in view.full:
        return in_order[:MAX_TREE_ROWS]
    rest = in_order[TOP_CHANNELS:]
    return in_order[:TOP_CHANNELS] + [c for c in rest if c.name == view.selected]


def _sort_channels(
    channels: Iterable[ChannelActivity], sort: ChannelSort, now: float
) -> list[ChannelActivity]:
    def rank(channel: ChannelActivity) -> Any:
        match sort:
            case ChannelSort.RATE:
                return (-channel.rate(now), -channel.last, channel.name)
            case ChannelSort.SIZE:
                return (-channel.bytes, channel.name)
            case ChannelSort.TOTAL:
                return (-channel.total, channel.name)
            case ChannelSort.SUBSCRIBERS:
                return (-(channel.subscribers or 0), channel.name)
            case ChannelSort.LATEST:
                return (-channel.last, channel.name)
            case ChannelSort.NAME:
                return channel.name

    return sorted(channels, key=rank)


def _sort_kinds(
    members: Mapping[str, list[ChannelActivity]], sort: ChannelSort, now: float
) -> list[str]:
    """Return the kinds in the order of their channels together; equal ones stay as they are."""

    def rank(kind: str) -> Any:
        some = members[kind]
        match sort:
            case ChannelSort.RATE:
                return -sum(c.rate(now) for c in some)
            case ChannelSort.SIZE:
                return -sum(c.bytes for c in some)
            case ChannelSort.TOTAL:
                return -sum(c.total for c in some)
            case ChannelSort.SUBSCRIBERS:
                return -sum(c.subscribers or 0 for c in some)
            case ChannelSort.LATEST:
                return -max((c.last for c in some), default=0.0)
            case ChannelSort.NAME:
                return kind

    return sorted(members, key=rank)


def _kind_row(
    kind: str,
    members: list[ChannelActivity],
    series: Series | None,
    now: float,
) -> ChannelTreeRow:
    """Return the row of a kind; without a ``series`` of it, with the rate of these channels."""
    subscribers = [c.subscribers for c in members if c.subscribers is not None]
    if series is None:
        trends = [c.trend(now) for c in members]
        rate = sum(c.rate(now) for c in members)
        trend = [sum(rates) for rates in zip(*trends, strict=True)]
    else:
        rate, trend = series.now(kind, over=10), series.sparkline(kind, step=BUCKET_S)
    return ChannelTreeRow(
        TreeRowRole.KIND,
        filter_of_kind(kind),
        kind,
        "",
        len(members),
        rate,
        sum(c.total for c in members),
        sum(c.bytes for c in members),
        sum(subscribers),
        tuple(trend),
    )


def _channel_row(
    channel: ChannelActivity, now: float, role: TreeRowRole = TreeRowRole.CHANNEL
) -> ChannelTreeRow:
    return ChannelTreeRow(
        role,
        channel.name,
        channel.kind,
        channel.name.partition(":")[2] or channel.name,
        rate=channel.rate(now),
        total=channel.total,
        bytes=channel.bytes,
        subscribers=channel.subscribers,
        trend=tuple(channel.trend(now)),
    )


def _more_row(kind: str, count: int, is_full: bool) -> ChannelTreeRow:
    return ChannelTreeRow(
        TreeRowRole.MORE,
        filter_of_kind(kind),
        kind,
        "",
        count,
        is_full=is_full,
    )


def _pinned_row(channel: ChannelActivity | None, name: str, now: float) -> ChannelTreeRow:
    found = channel or ChannelActivity(name, kind_of(name))
    return _channel_row(found, now, TreeRowRole.PINNED)
