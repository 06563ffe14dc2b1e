"""Latency of deliveries: percentiles of the last minute, and a histogram since the start.  Pure."""

from __future__ import annotations

import math
from collections import Counter, deque

from protocol.monitoring import LatencyPercentiles

LOG_BUCKET_FACTOR = math.log(1.1)  # each bucket is a tenth wider: no percentile is off by more
SLICE_S = 10.0
SLICES = 6
MIN_LATENCY_S = 1e-5


class LatencyHistogram:
    """A histogram of the last minute, in six slices, and one since the start."""

    def __init__(self, now: float) -> None:
        self.total_s = 0.0
        self._cumulative: Counter[int] = Counter()
        self._slices: deque[Counter[int]] = deque([Counter()], maxlen=SLICES)
        self._slice_ends_at = now + SLICE_S

    def observe(self, seconds: float, count: int, now: float) -> None:
        """Count deliveries that took this long."""
        self._rotate(now)
        seconds = max(seconds, MIN_LATENCY_S)
        bucket = math.ceil(math.log(seconds / MIN_LATENCY_S) / LOG_BUCKET_FACTOR)
        self._slices[-1][bucket] += count
        self._cumulative[bucket] += count
        self.total_s += seconds * count

    def count_within(self, seconds: float) -> int:
        """Count the deliveries since the start that took at most this long.

        Deliveries that were faster by less than a tenth may be missing, because the buckets
        are that wide.
        """
        return sum(
            count for bucket, count in self._cumulative.items() if _upper_bound_s(bucket) <= seconds
        )

    def percentiles(self, now: float) -> LatencyPercentiles | None:
        """Return the percentiles of the last minute, or None without deliveries."""
        self._rotate(now)
        counts = sum(self._slices, Counter[int]())
        if not counts:
            return None
        return LatencyPercentiles(*(_percentile(counts, share) for share in (0.5, 0.95, 0.99)))

    def _rotate(self, now: float) -> None:
        while now >= self._slice_ends_at:
            self._slices.append(Counter())
            self._slice_ends_at = max(self._slice_ends_at + SLICE_S, now - SLICES * SLICE_S)


def _percentile(counts: Counter[int], share: float) -> float:
    """Return the upper bound, in ms, of the bucket that reaches this share."""
    wanted, reached = share * counts.total(), 0
    bucket = 0
    for bucket in sorted(counts):
        reached += counts[bucket]
        if reached >= wanted:
            break
    return round(1000 * _upper_bound_s(bucket), 3)


def _upper_bound_s(bucket: int) -> float:
    return MIN_LATENCY_S * math.exp(bucket * LOG_BUCKET_FACTOR)
