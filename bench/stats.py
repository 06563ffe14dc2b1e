"""Medians, quantiles and ratios of measured values."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Measurement(Struct, frozen=True, kw_only=True):
    """One line of the result, with one value for each round.

    ``plain`` are the values of the plain server, ``raw_write_us`` the cost of one raw write in
    the same rounds, where the unit is a time.  ``load_utilisation`` is the share of its cores
    that the load used, from 0 to 1: near 1, the load was the limit.
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
        """Ratio of the medians: ours to a raw write."""
        return ratio(self.ours, self.raw_write_us)

    @property
    def ratio_to_plain(self) -> float | None:
        """Ratio of the medians: ours to the plain server."""
        return ratio(self.ours, self.plain)


def ratio(values: Sequence[float], base: Sequence[float]) -> float | None:
    """Return the ratio of two medians; None without values, or if the base is 0."""
    if not values or not base or median(base) == 0:
        return None
    return median(values) / median(base)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the quantile ``share``, from 0 to 1, by nearest rank."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
