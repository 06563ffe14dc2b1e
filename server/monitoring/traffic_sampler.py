"""Reports for monitor channels: ``traffic`` and ``stats``.

Counts everything exactly and samples the messages, so that a dashboard gets all of a
tenant's traffic in a few messages per second and does not become a slow consumer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from msgspec import Raw, Struct

from protocol.channels import Channel, ChannelKind
from protocol.codec import encode_with_timestamp
from protocol.messages import StatsReport, TrafficReport
from protocol.monitoring import (
    BusyChannel,
    NodeStats,
    Sample,
    StatsPayload,
    TrafficPayload,
    TrafficTotals,
)
from protocol.publications import Everyone, Publication
from server.monitoring.connection_log import EventReport
from server.session.rate_limit import TokenBucket

SAMPLES_PER_SECOND = 500  # a sample is complete up to this rate: see docs/protocol.md
SAMPLE_BYTES = 1 << 19  # of messages in one report, at the most
MAX_BUSY_CHANNELS = 100  # channels listed in one report


class _RunningTotals(Struct):
    messages: int = 0
    deliveries: int = 0
    bytes: int = 0

    def add(self, reached: int, size: int) -> None:
        self.messages += 1
        self.deliveries += reached
        self.bytes += size

    def to_totals(self) -> TrafficTotals:
        return TrafficTotals(self.messages, self.deliveries, self.bytes)


class _TrafficWindow:
    """One tenant's traffic since the last report."""

    def __init__(self, now: float) -> None:
        self._budget = TokenBucket(SAMPLES_PER_SECOND, SAMPLES_PER_SECOND, now)
        self._restart(now)

    def _restart(self, now: float) -> None:
        self._started_at = now
        self._kinds: defaultdict[str, _RunningTotals] = defaultdict(_RunningTotals)
        self._types: defaultdict[str, _RunningTotals] = defaultdict(_RunningTotals)
        self._channels: defaultdict[str, _RunningTotals] = defaultdict(_RunningTotals)
        self._sample: list[Sample] = []
        self._sample_bytes = 0
        self._left_out = 0

    def add(self, publication: Publication, reached: int, now: float) -> None:
        """Count a publication, and sample it within the limits unless it is a report itself."""
        to = publication.to
        kind = str(to) if isinstance(to, Everyone) else to.kind
        size = len(publication.message)
        for totals, key in (
            (self._kinds, kind),
            (self._types, publication.type),
            (self._channels, str(to)),
        ):
            totals[key].add(reached, size)
        if kind == ChannelKind.MONITOR:
            return
        if self._sample_bytes + size <= SAMPLE_BYTES and self._budget.take(now):
            self._sample.append(Sample(str(to), reached, Raw(publication.message)))
            self._sample_bytes += size
        else:
            self._left_out += 1

    def add_late_deliveries(self, publication: Publication, reached: int) -> None:
        """Add deliveries of a publication that has been counted before."""
        to = publication.to
        self._kinds[str(to) if isinstance(to, Everyone) else to.kind].deliveries += reached
        self._types[publication.type].deliveries += reached
        self._channels[str(to)].deliveries += reached

    def report(self, now: float, subscribers: Callable[[str], int]) -> TrafficPayload:
        """Return a report, and start the next one."""
        busiest = sorted(self._channels.items(), key=lambda named: -named[1].messages)[
            :MAX_BUSY_CHANNELS
        ]
        traffic = TrafficPayload(
            seconds=round(now - self._started_at, 3),
            kinds={kind: total.to_totals() for kind, total in self._kinds.items()},
            types={type_: total.to_totals() for type_, total in self._types.items()},
            busiest=tuple(
                BusyChannel(name, total.messages, total.deliveries, total.bytes, subscribers(name))
                for name, total in busiest
            ),
            sample=tuple(self._sample),
            left_out=self._left_out,
        )
        self._restart(now)
        return traffic


class TrafficSampler:
    """Has a window for every tenant that is watched; a source decides which tenants are."""

    def __init__(self) -> None:
        self._windows: dict[str, _TrafficWindow] = {}

    def record(self, publication: Publication, reached: int, now: float) -> None:
        """Count a publication of a tenant that is watched, and sample it."""
        window = self._windows.get(publication.tenant)
        if window is None:
            window = self._windows[publication.tenant] = _TrafficWindow(now)
        window.add(publication, reached, now)

    def record_late_deliveries(self, publication: Publication, reached: int) -> None:
        """Add deliveries of a publication that has been counted before."""
        window = self._windows.get(publication.tenant)
        if window is not None:
            window.add_late_deliveries(publication, reached)

    def set_watched_tenants(self, tenants: set[str], now: float) -> None:
        """Keep the windows of these tenants only, and open those that are missing."""
        self._windows = {t: self._windows.get(t) or _TrafficWindow(now) for t in tenants}

    def traffic_reports(
        self, now: float, subscribers: Callable[[str, str], int]
    ) -> list[Publication]:
        """Make a ``traffic`` message for every tenant that is watched.

        ``subscribers`` returns how many a channel has, as far as a tenant may know them.
        """
        reports = {
            tenant: TrafficReport(window.report(now, partial(subscribers, tenant)))
            for tenant, window in self._windows.items()
        }
        return [
            _report_publication(tenant, report, "traffic", now)
            for tenant, report in reports.items()
        ]

    def stats_reports(
        self,
        now: float,
        nodes: Callable[[str], Iterable[NodeStats]],
        take_events: Callable[[str], EventReport],
    ) -> list[Publication]:
        """Make a ``stats`` message for every tenant that is watched.

        ``nodes`` returns what a tenant may know of the nodes, ``take_events`` what happened to its
        connections since the last report.
        """
        events_by_tenant = {tenant: take_events(tenant) for tenant in self._windows}
        return [
            _report_publication(
                tenant,
                StatsReport(
                    StatsPayload(
                        tuple(nodes(tenant)),
                        report.events,
                        report.left_out,
                        report.is_full_log,
                        report.refused,
                        report.refused_left_out,
                    )
                ),
                "stats",
                now,
            )
            for tenant, report in events_by_tenant.items()
        ]


def _report_publication(
    tenant: str, report: TrafficReport | StatsReport, type_: str, now: float
) -> Publication:
    return Publication(
        to=Channel(ChannelKind.MONITOR, tenant),
        type=type_,
        message=encode_with_timestamp(report, now),
        tenant=tenant,
        accepted_at=now,
    )
