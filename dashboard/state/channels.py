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

EVERYONE = "everyone"  # what the monitor calls `*`
KINDS = (*(str(kind) for kind in ChannelKind), EVERYONE)
MAX_CHANNELS = 2_000  # beyond it the channel that was inactive longest is dropped
COLLAPSED_ROWS = 8  # channels of a kind that are shown until the kind is selected
EXPANDED_ROWS = 200  # channels of a kind that are shown at most
BUCKET_S = 5  # of a channel's sparkline
BUCKETS = WINDOW_S // BUCKET_S


class ChannelActivity(Struct, frozen=True):
    """Totals and recent rates of one channel since the dashboard started.

    ``subscribers`` is None until the channel was among the busiest of a report; ``recent``
    holds sums by ``BUCKET_S``, oldest first, without empty ones.
    """

    name: str
    kind: str
    total: int = 0
    subscribers: int | None = None
    last: float = 0.0
    recent: tuple[tuple[int, int], ...] = ()

    def rate(self, now: float) -> float:
        """Return messages per second over the last 10 to 15 seconds."""
        bucket, within = divmod(now, BUCKET_S)
        fresh = sum(count for at, count in self.recent if at >= bucket - 2)
        return fresh / (2 * BUCKET_S + within)

    def trend(self, now: float) -> list[float]:
        """Return messages per second over the last two minutes, without the current bucket."""
        sums, bucket = dict(self.recent), int(now // BUCKET_S)
        return [sums.get(b, 0) / BUCKET_S for b in range(bucket - BUCKETS, bucket)]


class ChannelTreeRow(Struct, frozen=True):
    """One row of the tree: a kind, with its number of channels, or one channel, with its name.

    ``filter_value`` is the filter of the message list that a click on the row sets.
    """

    filter_value: str
    kind: str
    name: str
    channel_count: int
    rate: float
    total: int
    subscribers: int | None
    trend: list[float]


class ChannelSort(StrEnum):
    """Order of the channels within a kind; sorted by rate they would jump."""

    TOTAL = "total"
    LATEST = "latest"
    NAME = "name"


def kind_of(channel: str) -> str:
    """Return the kind of a channel's name as the monitor writes it."""
    return EVERYONE if channel == "*" else channel.partition(":")[0]


def add_report(channels: dict[str, ChannelActivity], traffic: TrafficPayload, at: float) -> None:
    """Add a traffic report to the channels, in place.

    Counts are exact for the busiest channels of the report; others are counted in its sample.
    """
    counts: dict[str, int] = {}
    for sample in traffic.sample:
        counts[sample.channel] = counts.get(sample.channel, 0) + 1
    subscribers = {busy.channel: busy.subscribers for busy in traffic.busiest}
    counts |= {busy.channel: busy.messages for busy in traffic.busiest}
    bucket = int(at // BUCKET_S)
    for name, count in counts.items():
        before = channels.pop(name, None) or ChannelActivity(name, kind_of(name))
        recent = [(b, n) for b, n in before.recent if bucket - BUCKETS <= b < bucket]
        present = sum(n for b, n in before.recent if b == bucket)
        channels[name] = replace(  # popped and put back: the first in the dict was inactive longest
            before,
            total=before.total + count,
            subscribers=subscribers.get(name, before.subscribers),
            last=at,
            recent=(*recent, (bucket, present + count)),
        )
    while len(channels) > MAX_CHANNELS:
        del channels[next(iter(channels))]


def build_tree(
    channels: Mapping[str, ChannelActivity],
    series: Series,
    search: str,
    sort: ChannelSort,
    selected: str,
    now: float,
) -> list[ChannelTreeRow]:
    """Return the rows: each kind with its top channels, or more when searching or selected."""
    members: dict[str, list[ChannelActivity]] = {}
    for channel in channels.values():
        if search.casefold() in channel.name.casefold():
            members.setdefault(channel.kind, []).append(channel)
    rows = []
    for kind in KINDS:
        some = members.get(kind, [])
        if some or (kind != EVERYONE and not search):
            rows.append(_kind_row(kind, some, series))
            is_expanded = bool(search) or kind_of(selected or ":") == kind
            limit = EXPANDED_ROWS if is_expanded else COLLAPSED_ROWS
            rows += [_channel_row(channel, now) for channel in _sort_channels(some, sort)[:limit]]
    return rows


def _sort_channels(channels: Iterable[ChannelActivity], sort: ChannelSort) -> list[ChannelActivity]:
    def rank(channel: ChannelActivity) -> Any:
        match sort:
            case ChannelSort.TOTAL:
                return (-channel.total, channel.name)
            case ChannelSort.LATEST:
                return (-channel.last, channel.name)
            case ChannelSort.NAME:
                return channel.name

    return sorted(channels, key=rank)


def _kind_row(kind: str, members: list[ChannelActivity], series: Series) -> ChannelTreeRow:
    subscribers = [c.subscribers for c in members if c.subscribers is not None]
    return ChannelTreeRow(
        "*" if kind == EVERYONE else f"{kind}:",
        kind,
        "",
        len(members),
        series.now(kind, over=10),
        sum(c.total for c in members),
        sum(subscribers),
        series.sparkline(kind, step=BUCKET_S),
    )


def _channel_row(channel: ChannelActivity, now: float) -> ChannelTreeRow:
    key = channel.name.partition(":")[2] or channel.name
    return ChannelTreeRow(
        channel.name,
        "",
        key,
        1,
        channel.rate(now),
        channel.total,
        channel.subscribers,
        channel.trend(now),
    )
