"""How long publications took to reach their sockets: percentiles over the last minute.  Pure."""

from __future__ import annotations

import math
from collections import Counter, deque

from protocol.monitoring import Latency

STEP = math.log(1.1)  # buckets grow by a tenth: no percentile is off by more
SLICE_S = 10.0
SLICES = 6
SHORTEST_S = 1e-5


class Latencies:
    """A histogram that forgets: six slices of ten seconds."""

    def __init__(self, now: float) -> None:
        self._slices: deque[Counter[int]] = deque([Counter()], maxlen=SLICES)
        self._until = now + SLICE_S

    def observe(self, seconds: float, count: int, now: float) -> None:
        """Take note that ``count`` deliveries took so long."""
        self._turn(now)
        bucket = math.ceil(math.log(max(seconds, SHORTEST_S) / SHORTEST_S) / STEP)
        self._slices[-1][bucket] += count

    def percentiles(self, now: float) -> Latency | None:
        """Sum up the last minute, or None if nothing was delivered in it."""
        self._turn(now)
        seen = sum(self._slices, Counter[int]())
        if not seen:
            return None
        return Latency(*(_percentile(seen, share) for share in (0.5, 0.95, 0.99)))

    def _turn(self, now: float) -> None:
        while now >= self._until:
            self._slices.append(Counter())
            self._until = max(self._until + SLICE_S, now - SLICES * SLICE_S)


def _percentile(seen: Counter[int], share: float) -> float:
    """Return the upper edge, in ms, of the bucket in which this share is reached."""
    wanted, reached = share * seen.total(), 0
    bucket = 0
    for bucket in sorted(seen):
        reached += seen[bucket]
        if reached >= wanted:
            break
    return round(1000 * SHORTEST_S * math.exp(bucket * STEP), 3)
