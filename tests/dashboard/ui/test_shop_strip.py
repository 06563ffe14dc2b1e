"""The strip under the head of every page."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from dashboard.state.live_state import LiveState
from dashboard.ui import shop_strip
from protocol.simulator_api import RunningScenario, ScenarioSubject, SubjectKind


@pytest.fixture
def left(shop):
    """The seconds left of a scenario with 60 virtual seconds, so long after the last state."""

    def ask(later, **state):
        noon = datetime.fromtimestamp(shop.noon, UTC)
        scenario = RunningScenario("flash-sale", noon, noon, 0.5, 60.0)
        live = LiveState(shop.noon)
        live.on_shop_state(replace(shop.stock(), scenarios=(scenario,), **state), shop.noon)
        now = live.snapshot(shop.noon + later)
        return shop_strip.seconds_left(scenario, now, now.shop)

    return ask


def test_the_time_left_counts_down_between_two_states(left):
    assert left(1.5) == 58.5


def test_the_time_left_is_real_time(left):
    assert left(1.0, speed=10.0) == 5.0


def test_the_time_left_stands_still_while_the_shop_is_paused(left):
    assert left(30.0, running=False) == 60.0


def test_no_time_is_left_after_the_end(left):
    assert left(90.0) == 0.0


def test_a_product_is_linked_by_its_sku(shop):
    product = ScenarioSubject(SubjectKind.PRODUCT, "prod_1", "Кобзар")
    customer = ScenarioSubject(SubjectKind.CUSTOMER, "user_1", "Олена")

    assert shop_strip.link_value(product, shop.stock()) == "BK-1"
    assert shop_strip.link_value(customer, shop.stock()) == "user_1"
