"""The traffic reports of the last seconds, with exact totals, for a live picture.  Pure.

A reader remembers the number of the last report it has seen, and the totals at that time: it may
read as seldom as it wants, and its counts stay exact.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from msgspec import Struct

from dashboard.state.message_log import LoggedMessage
from protocol.monitoring import BusyChannel, RefusedRequest, StatsPayload, TrafficPayload

MAX_REPORTS = 40  # ten seconds
MAX_REFUSALS = 200


class ReportedTraffic(Struct, frozen=True):
    """One traffic report; ``messages`` is its sample, numbers count from 1."""

    number: int
    seconds: float
    messages: tuple[LoggedMessage, ...]
    busiest: tuple[BusyChannel, ...]


class RecentTraffic(Struct, frozen=True):
    """The last reports, oldest first, and totals since the workbench was started, also over resets.

    ``messages`` and ``deliveries`` are by kind of channel, as the monitor names it.  ``refusals``
    are the last of ``refusal_count``; the others were reported as a number, or were before.
    """

    reports: tuple[ReportedTraffic, ...] = ()
    number: int = 0
    messages: Mapping[str, int] = {}
    deliveries: Mapping[str, int] = {}
    left_out: int = 0
    refusals: tuple[RefusedRequest, ...] = ()
    refusal_count: int = 0
    listed_refusal_count: int = 0


class RecentTrafficLog:
    """Collects what ``RecentTraffic`` shows."""

    def __init__(self) -> None:
        self._reports: deque[ReportedTraffic] = deque(maxlen=MAX_REPORTS)
        self._number = self._left_out = 0
        self._messages: dict[str, int] = {}
        self._deliveries: dict[str, int] = {}
        self._refusals: deque[RefusedRequest] = deque(maxlen=MAX_REFUSALS)
        self._refusal_count = self._listed_refusal_count = 0

    def add_traffic(self, traffic: TrafficPayload, messages: tuple[LoggedMessage, ...]) -> None:
        """Add a report, with what of its sample is in the message log."""
        self._number += 1
        self._reports.append(
            ReportedTraffic(self._number, traffic.seconds, messages, traffic.busiest)
        )
        for kind, totals in traffic.kinds.items():
            self._messages[kind] = self._messages.get(kind, 0) + totals.messages
            self._deliveries[kind] = self._deliveries.get(kind, 0) + totals.deliveries
        self._left_out += traffic.left_out + len(traffic.sample) - len(messages)

    def add_refusals(self, stats: StatsPayload) -> None:
        """Add the refused requests of a report."""
        self._refusals.extend(stats.refused)
        self._listed_refusal_count += len(stats.refused)
        self._refusal_count += len(stats.refused) + stats.refused_left_out

    def clear_reports(self) -> None:
        """Forget the messages; numbers and totals go on."""
        self._reports.clear()

    def snapshot(self) -> RecentTraffic:
        """Return what is known now."""
        return RecentTraffic(
            tuple(self._reports),
            self._number,
            dict(self._messages),
            dict(self._deliveries),
            self._left_out,
            tuple(self._refusals),
            self._refusal_count,
            self._listed_refusal_count,
        )
