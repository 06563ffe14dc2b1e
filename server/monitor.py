"""What passes, told to those who watch: ``traffic`` and ``stats`` on the monitor channel.

Counts everything exactly and samples the messages, so that a dashboard sees all of a tenant's
traffic in a few messages a second and never becomes a slow consumer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from msgspec import Raw, Struct

from protocol.channels import Channel, Kind
from protocol.codec import stamped
from protocol.messages import StatsReport, TrafficReport
from protocol.monitoring import BusyChannel, NodeStats, Sample, Stats, Tally, Traffic
from protocol.publications import Everyone, Publication
from server.limits import Bucket

SAMPLES_PER_SECOND = 500  # complete up to here, as the protocol promises
SAMPLE_BYTES = 1 << 19  # of messages in one report, at the most
BUSIEST = 100  # channels listed in one report


class _Sum(Struct):
    messages: int = 0
    deliveries: int = 0
    bytes: int = 0

    def add(self, reached: int, size: int) -> None:
        self.messages += 1
        self.deliveries += reached
        self.bytes += size

    def tally(self) -> Tally:
        return Tally(self.messages, self.deliveries, self.bytes)


class _Window:
    """One tenant's traffic since the last report."""

    def __init__(self, now: float) -> None:
        self._budget = Bucket(SAMPLES_PER_SECOND, SAMPLES_PER_SECOND, now)
        self._restart(now)

    def _restart(self, now: float) -> None:
        self._since = now
        self._kinds: defaultdict[str, _Sum] = defaultdict(_Sum)
        self._types: defaultdict[str, _Sum] = defaultdict(_Sum)
        self._channels: defaultdict[str, _Sum] = defaultdict(_Sum)
        self._sample: list[Sample] = []
        self._sample_bytes = 0
        self._left_out = 0

    def add(self, publication: Publication, reached: int, now: float) -> None:
        """Count a publication, and keep it while there is room; the monitor's own is not kept."""
        to = publication.to
        kind = str(to) if isinstance(to, Everyone) else to.kind
        size = len(publication.message)
        for sums, key in (
            (self._kinds, kind),
            (self._types, publication.type),
            (self._channels, str(to)),
        ):
            sums[key].add(reached, size)
        if kind == Kind.MONITOR:
            return
        if self._sample_bytes + size <= SAMPLE_BYTES and self._budget.take(now):
            self._sample.append(Sample(str(to), reached, Raw(publication.message)))
            self._sample_bytes += size
        else:
            self._left_out += 1

    def add_late(self, publication: Publication, reached: int) -> None:
        """Count more sockets that a publication reached which has been counted."""
        to = publication.to
        self._kinds[str(to) if isinstance(to, Everyone) else to.kind].deliveries += reached
        self._types[publication.type].deliveries += reached
        self._channels[str(to)].deliveries += reached

    def report(self, now: float, subscribers: Callable[[str], int]) -> Traffic:
        """Sum up, and start again."""
        busiest = sorted(self._channels.items(), key=lambda named: -named[1].messages)[:BUSIEST]
        traffic = Traffic(
            seconds=round(now - self._since, 3),
            kinds={kind: total.tally() for kind, total in self._kinds.items()},
            types={type_: total.tally() for type_, total in self._types.items()},
            busiest=tuple(
                BusyChannel(name, total.messages, total.deliveries, total.bytes, subscribers(name))
                for name, total in busiest
            ),
            sample=tuple(self._sample),
            left_out=self._left_out,
        )
        self._restart(now)
        return traffic


class Monitor:
    """Keeps a window for every tenant that is being watched, and for no other.

    ``is_watched`` tells whether a tenant's traffic is to be told.
    """

    def __init__(self, is_watched: Callable[[str], bool]) -> None:
        self._is_watched = is_watched
        self._windows: dict[str, _Window] = {}

    def saw(self, publication: Publication, reached: int, now: float) -> None:
        """Take note of a publication, if its tenant is being watched."""
        window = self._windows.get(publication.tenant)
        if window is None:
            if not self._is_watched(publication.tenant):
                return
            window = self._windows[publication.tenant] = _Window(now)
        window.add(publication, reached, now)

    def saw_late(self, publication: Publication, reached: int) -> None:
        """Count more sockets that a publication reached which has been counted."""
        window = self._windows.get(publication.tenant)
        if window is not None:
            window.add_late(publication, reached)

    def watch(self, tenants: set[str], now: float) -> None:
        """Go on with these tenants only."""
        self._windows = {t: self._windows.get(t) or _Window(now) for t in tenants}

    def traffic(self, now: float, subscribers: Callable[[str, str], int]) -> list[Publication]:
        """Make a ``traffic`` message for every tenant that is watched.

        ``subscribers`` counts, for a tenant, who hears a channel.
        """
        reports = {
            tenant: TrafficReport(window.report(now, partial(subscribers, tenant)))
            for tenant, window in self._windows.items()
        }
        return [_message(tenant, report, "traffic", now) for tenant, report in reports.items()]

    def stats(self, now: float, nodes: Iterable[NodeStats]) -> list[Publication]:
        """Make a ``stats`` message for every tenant that is watched."""
        report = StatsReport(Stats(tuple(nodes)))
        return [_message(tenant, report, "stats", now) for tenant in self._windows]


def _message(
    tenant: str, report: TrafficReport | StatsReport, type_: str, now: float
) -> Publication:
    return Publication(
        to=Channel(Kind.MONITOR, tenant),
        type=type_,
        message=stamped(report, now),
        tenant=tenant,
        accepted_at=now,
    )
