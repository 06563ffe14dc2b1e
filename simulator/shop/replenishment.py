"""Replenishment: schedules a delivery for each shelf that is low or empty."""

from __future__ import annotations

from functools import partial

from protocol.event_payloads import InventoryAlertPayload
from protocol.messages import InventoryAlert
from simulator.engine.scheduler import ScheduledAction
from simulator.scenarios.active import ActiveScenarios
from simulator.shop.catalogue import Catalogue
from simulator.shop.simulation_context import BASE_RATE, DurationRange, SimulationContext
from simulator.shop.stock_levels import Shelf, StockStatus

EXPEDITED_LEAD_TIME: DurationRange = (1, 20)
"""Lead time of expedited deliveries."""

ShelfKey = tuple[str, str]


class Replenishment:
    """Changes stock levels, publishes alerts and schedules deliveries."""

    def __init__(
        self, context: SimulationContext, catalogue: Catalogue, active_scenarios: ActiveScenarios
    ) -> None:
        self._context, self._active_scenarios = context, active_scenarios
        self._lead_times = {
            warehouse.name: warehouse.lead_time_s for warehouse in catalogue.warehouses
        }
        self._pending_deliveries: dict[ShelfKey, ScheduledAction] = {}

    def sell(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Sell from a shelf that has enough items."""
        self._on_level_changed(shelf, shelf.sell(quantity), at)

    def return_sold(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Return items that were sold but not shipped."""
        self._on_level_changed(shelf, shelf.return_sold(quantity), at)

    def set_level(self, shelf: Shelf, level: int, at: float) -> None:
        """Set the level of a shelf."""
        self._on_level_changed(shelf, shelf.set_level(level), at)

    def replenish(self, shelf: Shelf, quantity: int, at: float) -> None:
        """Replenish a shelf now and cancel its pending delivery."""
        if delivery := self._pending_deliveries.pop(_shelf_key(shelf), None):
            delivery.cancel()
        self._on_level_changed(shelf, shelf.replenish(quantity), at)

    def expedite(self, shelf: Shelf, at: float) -> None:
        """Expedite the pending delivery of a shelf, if any."""
        if delivery := self._pending_deliveries.get(_shelf_key(shelf)):
            delivery.cancel()
            self._schedule_delivery(shelf, self._context.sample_duration(EXPEDITED_LEAD_TIME), at)

    def _schedule_delivery(self, shelf: Shelf, delay_s: float, at: float) -> None:
        delivery = self._context.scheduler.call_at(at + delay_s, partial(self._deliver, shelf))
        self._pending_deliveries[_shelf_key(shelf)] = delivery

    def _deliver(self, shelf: Shelf, at: float) -> None:
        if self._active_scenarios.suppliers_deliver(shelf.product.id):
            self.replenish(shelf, shelf.product.reorder_quantity, at)
        else:
            self._schedule_delivery(shelf, self._sample_lead_time(shelf), at)

    def _on_level_changed(
        self, shelf: Shelf, alert: InventoryAlertPayload | None, at: float
    ) -> None:
        if alert:
            self._context.publish_to_staff(InventoryAlert(payload=alert))
        if (
            shelf.status is not StockStatus.SUFFICIENT
            and _shelf_key(shelf) not in self._pending_deliveries
        ):
            self._schedule_delivery(shelf, self._sample_lead_time(shelf), at)

    def _sample_lead_time(self, shelf: Shelf) -> float:
        # Lead times shrink as the rate grows, so that stock levels look alike at every rate.
        speedup = max(1.0, self._context.rate / BASE_RATE)
        return self._context.sample_duration(self._lead_times[shelf.warehouse]) / speedup


def _shelf_key(shelf: Shelf) -> ShelfKey:
    return shelf.product.id, shelf.warehouse
