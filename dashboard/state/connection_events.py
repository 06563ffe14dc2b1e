"""What happened to the server's connections: the log, and clients that left and came back.  Pure.

The server reports events once per second, and all it keeps after a new subscription.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from msgspec import Struct

from protocol.monitoring import ConnectionEvent, ConnectionEventKind, StatsPayload

MAX_EVENTS = 1_000
RETENTION_S = 600.0
ENDS = frozenset(
    {
        ConnectionEventKind.CLOSED,
        ConnectionEventKind.EVICTED,
        ConnectionEventKind.DISCONNECTED,
    }
)
MIN_DROP, MIN_DROP_SHARE = 5, 0.2  # clients that leave together, and their share of all
MAX_PAUSE_S = 0.5  # between two clients that leave together
RETURN_WITHIN_S = 30.0


class ConnectionHistory:
    """The last 1,000 events of ten minutes; a report may repeat some."""

    def __init__(self) -> None:
        self.events: tuple[ConnectionEvent, ...] = ()
        self._starts_at = 0.0
        self._left_out: deque[tuple[float, int]] = deque()

    @property
    def left_out(self) -> int:
        """How many events of the last ten minutes were reported as a number only."""
        return sum(number for _, number in self._left_out)

    def start_at(self, at: float) -> None:
        """Forget what happened before a time, and leave it out of later reports."""
        self._starts_at = at
        self.events = tuple(event for event in self.events if event.at >= at)
        self._left_out.clear()

    def add(self, stats: StatsPayload, at: float) -> None:
        """Add the events of a report that came at ``at``."""
        since = max(at - RETENTION_S, self._starts_at)
        if stats.events:
            known = {(event.at, event.connection_id, event.event): event for event in self.events}
            known |= {(event.at, event.connection_id, event.event): event for event in stats.events}
            # Those of one millisecond keep the order in which the server reported them.
            in_order = sorted(known.values(), key=lambda event: event.at)
            self.events = tuple(in_order)[-MAX_EVENTS:]
        if self.events and self.events[0].at < since:
            self.events = tuple(event for event in self.events if event.at >= since)
        if stats.events_left_out:
            self._left_out.append((at, stats.events_left_out))
        while self._left_out and self._left_out[0][0] < since:
            self._left_out.popleft()


class ConnectionDrop(Struct, frozen=True):
    """Clients that left at nearly the same moment, and how many of them are back.

    ``duration_s`` is from the first that left to the last that came back, or left.
    """

    at: float
    left: int
    back: int
    duration_s: float


def find_drops(events: Iterable[ConnectionEvent], connections: int) -> list[ConnectionDrop]:
    """Find where at least five clients, and a fifth of all, left together; the oldest first.

    ``events`` are in the order of time; ``connections`` is how many there usually are.
    """
    events = tuple(events)
    minimum = max(MIN_DROP, MIN_DROP_SHARE * connections)
    ended = [event for event in events if event.event in ENDS]
    groups: list[list[ConnectionEvent]] = []
    for event in ended:
        if groups and event.at - groups[-1][-1].at <= MAX_PAUSE_S:
            groups[-1].append(event)
        else:
            groups.append([event])
    return [_drop(group, events) for group in groups if len(group) >= minimum]


def _drop(group: list[ConnectionEvent], events: tuple[ConnectionEvent, ...]) -> ConnectionDrop:
    began, last = group[0].at, group[-1].at
    missing = Counter(event.user_id for event in group)
    back = 0
    for event in events:
        is_return = (
            event.event == ConnectionEventKind.CONNECTED
            and began <= event.at <= group[-1].at + RETURN_WITHIN_S
            and missing[event.user_id] > 0
        )
        if is_return:
            missing[event.user_id] -= 1
            back += 1
            last = max(last, event.at)
    return ConnectionDrop(began, len(group), back, last - began)
