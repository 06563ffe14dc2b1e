"""The latest events of connections, by tenant: of this node, and of others that send theirs.  Pure.

Also the refused requests of signed-in users, which are kept until the next report only.  Memory and
the size of a report are bounded, however many connections come and go: what does not fit is
counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from protocol.monitoring import ConnectionEvent, RefusedRequest

MAX_EVENTS = 1000  # kept for each tenant
EVENT_TTL_S = 600.0
MAX_EVENTS_PER_REPORT = 250  # unless it is the full log
MAX_REFUSALS = 100  # for each tenant, in a report
REFUSAL_TTL_S = 5.0


class EventReport(Struct, frozen=True):
    """Events of one tenant's connections, the oldest first, and how many did not fit.

    ``refused`` are the requests that were refused since the last report.
    """

    events: tuple[ConnectionEvent, ...] = ()
    left_out: int = 0
    is_full_log: bool = False
    refused: tuple[RefusedRequest, ...] = ()
    refused_left_out: int = 0


class _TenantLog:
    """The latest events of one tenant, in the order of arrival, and the unreported refusals."""

    __slots__ = ("events", "refused", "refused_left_out", "unreported")

    def __init__(self) -> None:
        self.events: deque[ConnectionEvent] = deque(maxlen=MAX_EVENTS)
        self.unreported = 0
        self.refused: list[RefusedRequest] = []
        self.refused_left_out = 0

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.refused or self.refused_left_out)

    def add_refusal(self, refusal: RefusedRequest) -> None:
        if len(self.refused) < MAX_REFUSALS:
            self.refused.append(refusal)
        else:
            self.refused_left_out += 1

    def take_report(self, limit: int, *, is_full_log: bool = False) -> EventReport:
        number = len(self.events) if is_full_log else min(self.unreported, limit, len(self.events))
        newest = [self.events[-index] for index in range(number, 0, -1)]
        left_out = 0 if is_full_log else self.unreported - number
        refused, refused_left_out = self.refused, self.refused_left_out
        self.unreported, self.refused, self.refused_left_out = 0, [], 0
        return EventReport(
            _in_order(newest),
            left_out,
            is_full_log,
            tuple(sorted(refused, key=lambda refusal: refusal.at)),
            refused_left_out,
        )

    def drop_before(self, event_at: float, refusal_at: float) -> None:
        while self.events and self.events[0].at < event_at:
            self.events.popleft()
        if self.refused and self.refused[-1].at < refusal_at:
            self.refused, self.refused_left_out = [], 0


class ConnectionLog:
    """Keeps 1,000 events of ten minutes for each tenant; ``at`` of an event is the time."""

    def __init__(self) -> None:
        self._logs: dict[str, _TenantLog] = {}
        self._unsent: dict[str, _TenantLog] = {}
        self._recording = [self._logs]

    def keep_unsent(self) -> None:
        """Keep what this node records for ``take_unsent``, too, from now on."""
        self._recording.append(self._unsent)

    def record(self, tenant: str, event: ConnectionEvent) -> None:
        """Add an event of this node."""
        for logs in self._recording:
            log = _log_of(tenant, logs)
            log.events.append(event)
            log.unreported += 1

    def record_refusal(self, tenant: str, refusal: RefusedRequest) -> None:
        """Add a refused request of this node."""
        for logs in self._recording:
            _log_of(tenant, logs).add_refusal(refusal)

    def add(self, tenant: str, report: EventReport) -> None:
        """Add what another node has sent."""
        log = _log_of(tenant, self._logs)
        log.events.extend(report.events)
        log.unreported += len(report.events) + report.left_out
        for refusal in report.refused:
            log.add_refusal(refusal)
        log.refused_left_out += report.refused_left_out

    def take_report(self, tenant: str, *, is_full_log: bool) -> EventReport:
        """Return the events since the last report, or all that are kept."""
        log = self._logs.get(tenant)
        if log is None:
            return EventReport(is_full_log=is_full_log)
        return log.take_report(MAX_EVENTS_PER_REPORT, is_full_log=is_full_log)

    def take_unsent(self) -> dict[str, EventReport]:
        """Return this node's events since the last call, by tenant, to be sent to other nodes."""
        unsent = {
            tenant: log.take_report(MAX_EVENTS_PER_REPORT) for tenant, log in self._unsent.items()
        }
        self._unsent.clear()
        return unsent

    def drop_expired(self, now: float) -> None:
        """Forget the events that are too old, and refusals that nobody has a report of."""
        for logs, refusal_ttl_s in ((self._logs, REFUSAL_TTL_S), (self._unsent, EVENT_TTL_S)):
            for tenant, log in list(logs.items()):
                log.drop_before(now - EVENT_TTL_S, now - refusal_ttl_s)
                if log.is_empty:
                    del logs[tenant]


def _log_of(tenant: str, logs: dict[str, _TenantLog]) -> _TenantLog:
    log = logs.get(tenant)
    if log is None:
        log = logs[tenant] = _TenantLog()
    return log


def _in_order(events: Iterable[ConnectionEvent]) -> tuple[ConnectionEvent, ...]:
    return tuple(sorted(events, key=lambda event: event.at))
