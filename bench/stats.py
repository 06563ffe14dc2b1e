"""The little arithmetic of a benchmark: medians, quantiles and ratios."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Measurement(Struct, frozen=True, kw_only=True):
    """One line of the result: what was measured, a value for each round.

    ``plain`` is the same of the plain server.  ``bare_us`` is what one bare write cost at that
    time, where the unit is time too; ``load_busy`` how much of its cores the load used, from
    0 to 1: near 1, it was the load that could do no more.
    """

    section: str
    name: str
    unit: str
    ours: Sequence[float]
    plain: Sequence[float] = ()
    raw_write_us: Sequence[float] = ()
    load_utilisation: Sequence[float] = ()

    @property
    def ratio_to_raw_write(self) -> float | None:
        """Its median to a bare write's."""
        return ratio(self.ours, self.raw_write_us)

    @property
    def ratio_to_plain(self) -> float | None:
        """Its median to the plain server's."""
        return ratio(self.ours, self.plain)


def ratio(values: Sequence[float], base: Sequence[float]) -> float | None:
    """Return the ratio of two medians, or None where there is none."""
    if not values or not base or median(base) == 0:
        return None
    return median(values) / median(base)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value that this share of them, from 0 to 1, does not exceed (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
