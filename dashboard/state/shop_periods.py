"""When scenarios ran and the shop was paused, by the dashboard's clock.  Pure.

The simulator reports virtual times; charts need those of the traffic.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from protocol.simulator_api import ShopState

MAX_PERIODS = 40


class PeriodKind(StrEnum):
    """What the shop was doing."""

    SCENARIO = "scenario"
    PAUSE = "pause"


class ShopPeriod(Struct, frozen=True):
    """One run of a scenario, or one pause; ``until`` is None while it lasts.

    ``name`` is the scenario's, empty for a pause.
    """

    kind: PeriodKind
    name: str
    since: float
    until: float | None = None


class ShopPeriods:
    """Derives the periods from the simulator's states."""

    def __init__(self) -> None:
        self._periods: tuple[ShopPeriod, ...] = ()

    def update(self, shop: ShopState, at: float) -> None:
        """Apply a state: what is in it and was not before has begun, what is missing has ended."""
        active = {(PeriodKind.SCENARIO, scenario.name) for scenario in shop.scenarios}
        if not shop.running:
            active.add((PeriodKind.PAUSE, ""))
        open_ones = {(one.kind, one.name) for one in self._periods if one.until is None}
        kept = [
            replace(one, until=at)
            if one.until is None and (one.kind, one.name) not in active
            else one
            for one in self._periods
        ]
        begun = [ShopPeriod(kind, name, at) for kind, name in sorted(active - open_ones)]
        self._periods = tuple([*kept, *begun][-MAX_PERIODS:])

    def snapshot(self) -> tuple[ShopPeriod, ...]:
        """Return the latest periods, oldest first."""
        return self._periods
