"""Creates shops with ids that are unique per run."""

from __future__ import annotations

import time
from collections.abc import Mapping

from protocol.simulator_api import ShopLanguage
from simulator.settings import ShopSettings
from simulator.shop.components import ShopData
from simulator.shop.shop import Shop
from simulator.shop.simulation_context import RunConfig

RUN_ID_EPOCH = 1_735_689_600  # 2025-01-01 in UTC: keeps order ids short
BASE36_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def run_id(started_at: int) -> str:
    """Encode the second of a run's start in base 36; part of its order ids."""
    seconds, text = max(0, started_at - RUN_ID_EPOCH), ""
    while seconds:
        seconds, digit = divmod(seconds, len(BASE36_DIGITS))
        text = BASE36_DIGITS[digit] + text
    return text or "0"


class ShopFactory:
    """Creates the shops of one process, in any of the languages of ``data``."""

    def __init__(self, settings: ShopSettings, data: Mapping[ShopLanguage, ShopData]) -> None:
        self._settings, self._data = settings, data
        self._last_second = 0

    def create(
        self,
        seed: int | None = None,
        rate: float | None = None,
        language: ShopLanguage | None = None,
    ) -> Shop:
        """Create a shop; what is not given is as in the settings."""
        settings, started_at = self._settings, time.time()
        # Two in the same second would share ids: the second uses the next second.
        self._last_second = max(self._last_second + 1, int(started_at))
        config = RunConfig(
            seed=settings.seed if seed is None else seed,
            rate=settings.rate if rate is None else rate,
            connected_customers=settings.customers,
            tenant=settings.tenant,
            run_id=run_id(self._last_second),
            started_at=started_at,
        )
        return Shop(self._data[language or settings.shop_language], config)
