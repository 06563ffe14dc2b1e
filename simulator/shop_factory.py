"""Creates shops with ids that are unique per run."""

from __future__ import annotations

import time

from simulator.engine.simulation_context import RunConfig
from simulator.settings import ShopSettings
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop

RUN_ID_EPOCH = 1_735_689_600  # 2025-01-01 in UTC: keeps the ids of orders short
BASE36_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def run_id(second: int) -> str:
    """Encode the start second in base 36, as the run's part of ids."""
    seconds, text = max(0, second - RUN_ID_EPOCH), ""
    while seconds:
        seconds, digit = divmod(seconds, len(BASE36_DIGITS))
        text = BASE36_DIGITS[digit] + text
    return text or "0"


class ShopFactory:
    """Creates the shops of one process."""

    def __init__(self, settings: ShopSettings, data: ShopData) -> None:
        self._settings, self._data = settings, data
        self._last_second = 0

    def create(self, seed: int | None, rate: float | None) -> Shop:
        """Create a shop; seed and rate default to the settings."""
        settings, started_at = self._settings, time.time()
        # Two in the same second would share ids: the second uses the next second.
        self._last_second = max(self._last_second + 1, int(started_at))
        start = RunConfig(
            seed=settings.seed if seed is None else seed,
            rate=settings.rate if rate is None else rate,
            connected_customers=settings.customers,
            tenant=settings.tenant,
            run_id=run_id(self._last_second),
            started_at=started_at,
        )
        return Shop(self._data, start)
