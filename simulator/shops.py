"""Creates shops with ids that are unique per run."""

from __future__ import annotations

import time

from simulator.desk import Start
from simulator.house import Premises
from simulator.settings import ShopSettings
from simulator.shop import Shop

RUNS_SINCE = 1_735_689_600  # 2025-01-01 in UTC: keeps the ids of orders short
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def run_id(second: int) -> str:
    """Encode the start second in base 36, as the run's part of ids."""
    seconds, text = max(0, second - RUNS_SINCE), ""
    while seconds:
        seconds, digit = divmod(seconds, len(DIGITS))
        text = DIGITS[digit] + text
    return text or "0"


class Shops:
    """Creates the shops of one process."""

    def __init__(self, settings: ShopSettings, premises: Premises) -> None:
        self._settings, self._premises = settings, premises
        self._last_second = 0

    def open(self, seed: int | None, rate: float | None) -> Shop:
        """Create a shop; seed and rate default to the settings."""
        settings, started_at = self._settings, time.time()
        # Two in the same second would share ids: the second uses the next second.
        self._last_second = max(self._last_second + 1, int(started_at))
        start = Start(
            seed=settings.seed if seed is None else seed,
            rate=settings.rate if rate is None else rate,
            present=settings.customers,
            tenant=settings.tenant,
            run=run_id(self._last_second),
            started_at=started_at,
        )
        return Shop(self._premises, start)
