"""Time series: exact counters per second, and gauges that hold until the next value.  Pure.

Seconds without data are zero, so every window has its full length.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from msgspec import Struct

WINDOW_S = 120  # of the charts and the sparklines
RETENTION_S = WINDOW_S + 65  # for a sum over a minute at the first second of the window
SETTLE_S = 1.5  # a second is complete after so long without a report
SPARKLINE_STEP_S = 3  # between two points of a sparkline


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
        for last in range(self.end - WINDOW_S + step, self.end + 1, step):
            rows = (self.rows.get(second, {}) for second in range(last - length + 1, last + 1))
            total = sum(row.get(name, 0.0) for row in rows for name in names)
            points.append(total if over > 1 else total / step)
        return points


class PerSecondCounters:
    """Sums by second of the wall clock, for the last ``RETENTION_S``."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, float]] = {}
        self._reported_until = 0.0

    def add(self, at: float, amounts: Mapping[str, float], duration_s: float = 0.0) -> None:
        """Add amounts that occurred in the ``duration_s`` before ``at``, spread evenly."""
        self._reported_until = max(self._reported_until, at)
        begun = at - min(max(duration_s, 0.0), float(RETENTION_S))
        for second in range(math.floor(begun), math.floor(at) + 1):
            within = min(at, second + 1.0) - max(begun, second)
            share = within / (at - begun) if at > begun else 1.0
            if share > 0:
                row = self._rows.setdefault(second, {})
                for name, amount in amounts.items():
                    row[name] = row.get(name, 0.0) + amount * share
        for second in [s for s in self._rows if s < math.floor(self._reported_until) - RETENTION_S]:
            del self._rows[second]

    def series(self, now: float) -> Series:
        """Return a copy; while reports arrive, it ends with the last complete second."""
        end = max(math.floor(self._reported_until), math.floor(now - SETTLE_S)) - 1
        return Series({second: dict(row) for second, row in self._rows.items()}, end)


class PerSecondGauges:
    """Gauges, such as connections, that hold their value until it is set again."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[float, ...]] = {}

    def set(self, at: float, *values: float) -> None:
        """Set the current values; the last ones of a second count."""
        self._rows[math.floor(at)] = values
        for second in [s for s in self._rows if s < at - RETENTION_S]:
            del self._rows[second]

    def sparklines(
        self, end: int, names: int, step: int = SPARKLINE_STEP_S
    ) -> tuple[list[float], ...]:
        """Return a sparkline for each gauge: zeros before its first value."""
        held = (0.0,) * names
        points = []
        for second in range(min([end - WINDOW_S, *self._rows]), end + 1):
            held = self._rows.get(second, held)
            if second > end - WINDOW_S and (end - second) % step == 0:
                points.append(held)
        return tuple(list(line) for line in zip(*points, strict=True))
