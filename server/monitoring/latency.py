"""How long publications took to reach their sockets.  Pure.

Percentiles over the last minute, for people, and a histogram since the start, for Prometheus.
"""

from __future__ import annotations

import math
from collections import Counter, deque

from protocol.monitoring import LatencyPercentiles

LOG_BUCKET_FACTOR = math.log(1.1)  # buckets grow by a tenth: no percentile is off by more
SLICE_S = 10.0
SLICES = 6
MIN_LATENCY_S = 1e-5


class LatencyHistogram:
    """A histogram that forgets, six slices of ten seconds, and one that does not."""

    def __init__(self, now: float) -> None:
        self.total_s = 0.0
        self._cumulative: Counter[int] = Counter()
        self._slices: deque[Counter[int]] = deque([Counter()], maxlen=SLICES)
        self._slice_ends_at = now + SLICE_S

    def observe(self, seconds: float, count: int, now: float) -> None:
        """Take note that ``count`` deliveries took so long."""
        self._rotate(now)
        seconds = max(seconds, MIN_LATENCY_S)
        bucket = math.ceil(math.log(seconds / MIN_LATENCY_S) / LOG_BUCKET_FACTOR)
        self._slices[-1][bucket] += count
        self._cumulative[bucket] += count
        self.total_s += seconds * count

    def count_within(self, seconds: float) -> int:
        """Count the deliveries since the start that took so long at the most.

        One that was faster by less than a tenth may be missing: the buckets are no finer.
        """
        return sum(
            count for bucket, count in self._cumulative.items() if _upper_bound_s(bucket) <= seconds
        )

    def percentiles(self, now: float) -> LatencyPercentiles | None:
        """Sum up the last minute, or None if nothing was delivered in it."""
        self._rotate(now)
        seen = sum(self._slices, Counter[int]())
        if not seen:
            return None
        return LatencyPercentiles(*(_percentile(seen, share) for share in (0.5, 0.95, 0.99)))

    def _rotate(self, now: float) -> None:
        while now >= self._slice_ends_at:
            self._slices.append(Counter())
            self._slice_ends_at = max(self._slice_ends_at + SLICE_S, now - SLICES * SLICE_S)


def _percentile(seen: Counter[int], share: float) -> float:
    """Return the upper edge, in ms, of the bucket in which this share is reached."""
    wanted, reached = share * seen.total(), 0
    bucket = 0
    for bucket in sorted(seen):
        reached += seen[bucket]
        if reached >= wanted:
            break
    return round(1000 * _upper_bound_s(bucket), 3)


def _upper_bound_s(bucket: int) -> float:
    return MIN_LATENCY_S * math.exp(bucket * LOG_BUCKET_FACTOR)
