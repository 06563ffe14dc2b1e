"""The latest events of connections, by tenant: of this node, and of others that send theirs.  Pure.

Memory and the size of a report are bounded, however many connections come and go: what does
not fit is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from protocol.monitoring import ConnectionEvent

MAX_EVENTS = 1000  # kept for each tenant
EVENT_TTL_S = 600.0
MAX_EVENTS_PER_REPORT = 250  # unless it is the full log


class EventReport(Struct, frozen=True):
    """Events of one tenant's connections, the oldest first, and how many did not fit."""

    events: tuple[ConnectionEvent, ...] = ()
    left_out: int = 0
    is_full_log: bool = False


class _TenantLog:
    """The latest events of one tenant, in the order of arrival."""

    __slots__ = ("events", "unreported")

    def __init__(self) -> None:
        self.events: deque[ConnectionEvent] = deque(maxlen=MAX_EVENTS)
        self.unreported = 0

    def take_report(self, limit: int) -> EventReport:
        number = min(self.unreported, limit, len(self.events))
        newest = [self.events[-index] for index in range(number, 0, -1)]
        left_out, self.unreported = self.unreported - number, 0
        return EventReport(_in_order(newest), left_out)


class ConnectionLog:
    """Keeps 1,000 events of ten minutes for each tenant; ``at`` of an event is the time."""

    def __init__(self) -> None:
        self._logs: dict[str, _TenantLog] = {}
        self._unsent: dict[str, _TenantLog] = {}

    def record(self, tenant: str, event: ConnectionEvent) -> None:
        """Add an event of this node."""
        for logs in (self._logs, self._unsent):
            log = logs.get(tenant)
            if log is None:
                log = logs[tenant] = _TenantLog()
            log.events.append(event)
            log.unreported += 1

    def add(self, tenant: str, report: EventReport) -> None:
        """Add what another node has sent."""
        log = self._logs.setdefault(tenant, _TenantLog())
        log.events.extend(report.events)
        log.unreported += len(report.events) + report.left_out

    def take_report(self, tenant: str, *, is_full_log: bool) -> EventReport:
        """Return the events since the last report, or all that are kept."""
        log = self._logs.get(tenant)
        if log is None:
            return EventReport(is_full_log=is_full_log)
        if not is_full_log:
            return log.take_report(MAX_EVENTS_PER_REPORT)
        log.unreported = 0
        return EventReport(_in_order(log.events), is_full_log=True)

    def take_unsent(self) -> dict[str, EventReport]:
        """Return this node's events since the last call, by tenant, to be sent to other nodes."""
        unsent, self._unsent = self._unsent, {}
        return {tenant: log.take_report(MAX_EVENTS_PER_REPORT) for tenant, log in unsent.items()}

    def drop_expired(self, now: float) -> None:
        """Forget the events that are too old."""
        for logs in (self._logs, self._unsent):
            for tenant, log in list(logs.items()):
                while log.events and log.events[0].at < now - EVENT_TTL_S:
                    log.events.popleft()
                if not log.events:
                    del logs[tenant]


def _in_order(events: Iterable[ConnectionEvent]) -> tuple[ConnectionEvent, ...]:
    return tuple(sorted(events, key=lambda event: event.at))
