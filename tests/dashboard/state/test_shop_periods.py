"""Scenarios and pauses of the shop over time."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from dashboard.state.shop_periods import MAX_PERIODS, PeriodKind, ShopPeriod, ShopPeriods
from protocol.simulator_api import RunningScenario


@pytest.fixture
def periods():
    return ShopPeriods()


@pytest.fixture
def running(shop):
    """Make a state of the shop in which these scenarios run."""

    def make(*names, paused=False):
        noon = datetime.fromtimestamp(shop.noon, UTC)
        scenarios = tuple(RunningScenario(name, noon, noon, 0.5, 60.0) for name in names)
        return replace(shop.stock(), scenarios=scenarios, running=not paused)

    return make


def test_a_scenario_lasts_from_the_first_state_with_it_to_the_first_without(periods, running):
    for at, shop in enumerate((running(), running("a"), running("a", "b"), running("b"))):
        periods.update(shop, float(at))

    assert periods.snapshot() == (
        ShopPeriod(PeriodKind.SCENARIO, "a", 1.0, 3.0),
        ShopPeriod(PeriodKind.SCENARIO, "b", 2.0, None),
    )


def test_a_scenario_that_starts_again_has_a_second_period(periods, running):
    for at, shop in enumerate((running("a"), running(), running("a"))):
        periods.update(shop, float(at))

    assert [(one.since, one.until) for one in periods.snapshot()] == [(0.0, 1.0), (2.0, None)]


def test_a_pause_is_a_period(periods, running):
    for at, shop in enumerate((running(), running(paused=True), running())):
        periods.update(shop, float(at))

    assert periods.snapshot() == (ShopPeriod(PeriodKind.PAUSE, "", 1.0, 2.0),)


def test_the_number_of_periods_is_bounded(periods, running):
    for at in range(4 * MAX_PERIODS):
        periods.update(running("a") if at % 2 else running(), float(at))

    assert len(periods.snapshot()) == MAX_PERIODS
