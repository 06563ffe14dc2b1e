"""Time series: exact counters per second, and gauges that hold until the next value.  Pure.

Seconds without data are zero, so every window has its full length; where the data is unknown
rather than zero is known from the gaps (see ``known_shares``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

WINDOW_S = 120  # of the sparklines, and of the charts unless a longer window is selected
MAX_WINDOW_S = 1800  # the longest window of a chart
RETENTION_S = MAX_WINDOW_S + 65  # for a sum over a minute at the first second of the window
SETTLE_S = 1.5  # a second is complete after so long without a report
RATE_S = 5  # a rate as a number is the mean of so long: that of one second jumps
SPARKLINE_STEP_S = 3  # between two points of a sparkline
MAX_POINTS = 150  # of a chart; a longer window has fewer points than seconds


class TimeSpan(Struct, frozen=True):
    """The seconds from ``start`` to ``end``, both included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """The number of seconds."""
        return self.end - self.start + 1

    @property
    def step(self) -> int:
        """Seconds between two points of a chart, so that it has at most ``MAX_POINTS``."""
        return -(-self.length // MAX_POINTS)

    def bucket_ends(self) -> range:
        """Return the last second of each whole bucket of ``step`` seconds.

        They are multiples of the step, so that a point keeps its value while the span moves on.
        """
        last = self.end - (self.end + 1) % self.step
        first = last - (last - self.start - self.step + 1) // self.step * self.step
        return range(first, last + 1, self.step)


class Gap(Struct, frozen=True):
    """An interval without data, in seconds since the epoch."""

    since: float
    until: float


def sparkline_ends(end: int, step: int = SPARKLINE_STEP_S) -> range:
    """Return the last second of each bucket of a sparkline."""
    return range(end - WINDOW_S + step, end + 1, step)


def known_shares(ends: range, gaps: Iterable[Gap]) -> list[float]:
    """Return for each bucket the share outside of gaps, 0 to 1; ``ends`` are its last seconds."""
    known = [float(ends.step)] * len(ends)
    for gap in gaps:
        for index, last in enumerate(ends):
            covered = min(gap.until, last + 1) - max(gap.since, last + 1 - ends.step)
            known[index] -= max(covered, 0.0)
    return [max(seconds / ends.step, 0.0) for seconds in known]


def known_buckets(ends: range, gaps: Iterable[Gap]) -> list[bool]:
    """Tell for each bucket whether no part of it lies in a gap; ``ends`` are its last seconds."""
    return [share == 1.0 for share in known_shares(ends, gaps)]


class Series(Struct, frozen=True):
    """Sums by second, from ``PerSecondCounters``; ``end`` is the last second that is complete."""

    rows: Mapping[int, Mapping[str, float]]
    end: int

    def window(self, names: Iterable[str], length: int = WINDOW_S) -> list[dict[str, float]]:
        """Return the last ``length`` seconds up to ``end``, oldest first, with all these names."""
        names = tuple(names)
        seconds = range(self.end - length + 1, self.end + 1)
        rows = (self.rows.get(second, {}) for second in seconds)
        return [{name: row.get(name, 0.0) for name in names} for row in rows]

    def means(self, names: Iterable[str], ends: range) -> list[dict[str, float]]:
        """Return the mean per second in each bucket, by its last second."""
        names, step = tuple(names), ends.step
        means = []
        for last in ends:
            rows = [self.rows.get(second, {}) for second in range(last - step + 1, last + 1)]
            means.append({name: sum(row.get(name, 0.0) for row in rows) / step for name in names})
        return means

    def now(self, name: str, over: int = 1) -> float:
        """Return the mean per second over the last ``over`` complete seconds."""
        rows = (self.rows.get(second, {}) for second in range(self.end - over + 1, self.end + 1))
        return sum(row.get(name, 0.0) for row in rows) / over

    def sparkline(self, *names: str, over: int = 1, step: int = SPARKLINE_STEP_S) -> list[float]:
        """Return the window as a sparkline: at each point the sum over the last ``over`` seconds.

        With ``over=1`` a point is the mean per second since the previous point.
        """
        length = over if over > 1 else step
        points = []
        for last in sparkline_ends(self.end, step):
            rows = (self.rows.get(second, {}) for second in range(last - length + 1, last + 1))
            total = sum(row.get(name, 0.0) for row in rows for name in names)
            points.append(total if over > 1 else total / step)
        return points


class PerSecondCounters:
    """Sums by second of the wall clock, for the last ``RETENTION_S``."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, float]] = {}  # a row in it is never changed: see series()
        self._reported_until = 0.0

    def add(self, at: float, amounts: Mapping[str, float], duration_s: float = 0.0) -> None:
        """Add amounts that occurred in the ``duration_s`` before ``at``, spread evenly."""
        self._reported_until = max(self._reported_until, at)
        begun = at - min(max(duration_s, 0.0), float(RETENTION_S))
        for second in range(math.floor(begun), math.floor(at) + 1):
            within = min(at, second + 1.0) - max(begun, second)
            share = within / (at - begun) if at > begun else 1.0
            if share > 0:
                row = dict(self._rows.get(second, {}))
                for name, amount in amounts.items():
                    row[name] = row.get(name, 0.0) + amount * share
                self._rows[second] = row
        _drop_before(self._rows, math.floor(self._reported_until) - RETENTION_S)

    def series(self, now: float) -> Series:
        """Return a copy; while reports arrive, it ends with the last complete second."""
        end = max(math.floor(self._reported_until), math.floor(now - SETTLE_S)) - 1
        return Series(dict(self._rows), end)


class GaugeRange(NamedTuple):
    """The last value of a gauge in a second, and the lowest and highest one."""

    value: float
    low: float
    high: float


class GaugeLow(NamedTuple):
    """The lowest value of a gauge, and the second in which it was reached."""

    value: float
    second: int


class GaugeSeries(Struct, frozen=True):
    """The gauges of ``PerSecondGauges`` by second, without the seconds in which none was set."""

    rows: Mapping[int, tuple[GaugeRange, ...]]

    def ranges(self, gauge: int, ends: range) -> list[GaugeRange]:
        """Return a gauge in each bucket, by its last second; zeros before its first value."""
        before = _row_before(self.rows, ends[0] - ends.step + 1)
        value = before[gauge].value if before else None
        ranges = []
        for last in ends:
            seconds = range(last - ends.step + 1, last + 1)
            rows = [self.rows[second][gauge] for second in seconds if second in self.rows]
            held = [] if value is None else [value]
            low = min([*held, *(one.low for one in rows)], default=0.0)
            high = max([*held, *(one.high for one in rows)], default=0.0)
            value = rows[-1].value if rows else value
            ranges.append(GaugeRange(value or 0.0, low, high))
        return ranges

    def lowest(self, gauge: int, span: TimeSpan) -> GaugeLow | None:
        """Return the lowest value in the span, the latest one if it was reached repeatedly."""
        lows = [
            GaugeLow(self.rows[second][gauge].low, second)
            for second in range(span.start, span.end + 1)
            if second in self.rows
        ]
        return min(lows, key=lambda low: (low.value, -low.second), default=None)


class PerSecondGauges:
    """Gauges, such as connections, that hold their value until it is set again."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[GaugeRange, ...]] = {}

    def set(self, at: float, *values: float | GaugeRange) -> None:
        """Set the current values, or their ranges since they were set last.

        The last values of a second count, and its lowest and highest ones.
        """
        second = math.floor(at)
        ranges = tuple(
            value if isinstance(value, GaugeRange) else GaugeRange(value, value, value)
            for value in values
        )
        if second in self._rows:
            ranges = tuple(
                GaugeRange(new.value, min(old.low, new.low), max(old.high, new.high))
                for old, new in zip(self._rows[second], ranges, strict=True)
            )
        self._rows[second] = ranges
        _drop_before(self._rows, second - RETENTION_S)

    def series(self) -> GaugeSeries:
        """Return a copy."""
        return GaugeSeries(dict(self._rows))

    def sparklines(
        self, end: int, names: int, step: int = SPARKLINE_STEP_S
    ) -> tuple[list[float], ...]:
        """Return a sparkline for each gauge: zeros before its first value."""
        start = end - WINDOW_S + 1
        held = _row_before(self._rows, start)
        points = []
        for second in range(start, end + 1):
            held = self._rows.get(second, held)
            if (end - second) % step == 0:
                points.append(held)
        return tuple([row[gauge].value if row else 0.0 for row in points] for gauge in range(names))


def _row_before(
    rows: Mapping[int, tuple[GaugeRange, ...]], second: int
) -> tuple[GaugeRange, ...] | None:
    """Return the last row before a second."""
    oldest = next(iter(rows), second)
    return next((rows[s] for s in range(second - 1, oldest - 1, -1) if s in rows), None)


def _drop_before(rows: dict[int, Any], second: int) -> None:
    """Drop old rows.  They were inserted in about the order of time: the first ones are enough."""
    while rows and (oldest := next(iter(rows))) < second:
        del rows[oldest]
