"""The strip under the head of every page."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from client.http_client import ApiClient
from dashboard.dependencies import Dependencies, install
from dashboard.sources.simulator_client import SimulatorClient
from dashboard.state.live_state import LiveState
from dashboard.ui import shop_strip
from protocol.monitoring import ConnectionEvent, StatsPayload
from protocol.simulator_api import (
    FinishedScenario,
    RunningScenario,
    ScenarioPhase,
    ScenarioSubject,
    SubjectKind,
)

UNUSED_URL = "http://127.0.0.1:9"  # the port of `discard`: nothing listens there


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


@pytest.fixture
def ended(shop):
    """What is said about scenarios that have ended, so long after it."""

    def ask(later, how="over", names=("flash-sale",), **more):
        at = datetime.fromtimestamp(shop.noon, UTC)
        running = tuple(RunningScenario(name, at, at, 0.5, 60.0) for name in names)
        finished = tuple(FinishedScenario(name, at, at, ScenarioPhase(how)) for name in names)
        live = LiveState(shop.noon)
        live.on_shop_state(replace(shop.stock(), scenarios=running), shop.noon)
        live.on_shop_state(replace(shop.stock(), ended=finished), shop.noon + 5)
        parts = Dependencies(simulator_client=SimulatorClient(ApiClient(UNUSED_URL, str), str))
        with install(parts):
            return shop_strip.end_text(live.snapshot(shop.noon + 5 + later), **more)

    return ask


def test_a_scenario_that_ended_is_named_for_a_minute(ended):
    assert ended(59.0) == ("flash-sale", "ended at 22:13:25")
    assert ended(61.0) is None


def test_a_scenario_that_was_stopped_has_not_run_to_its_end(ended):
    assert ended(1.0, how="stopped") == ("flash-sale", "stopped at 22:13:25")


def test_scenarios_that_were_stopped_together_are_all_named(ended):
    names = ("reconnect-storm", "flash-sale")

    assert ended(1.0, how="stopped", names=names)[0] == "flash-sale, reconnect-storm"


def test_only_an_end_after_a_command_belongs_to_it(ended, shop):
    assert ended(1.0, since=shop.noon + 6) is None


def test_a_product_is_linked_by_its_sku(shop):
    product = ScenarioSubject(SubjectKind.PRODUCT, "prod_1", "Кобзар")
    customer = ScenarioSubject(SubjectKind.CUSTOMER, "user_1", "Олена")

    assert shop_strip.link_value(product, shop.stock()) == "BK-1"
    assert shop_strip.link_value(customer, shop.stock()) == "user_1"


@pytest.mark.parametrize(
    ("kind", "shown", "text"),
    [
        (SubjectKind.PRODUCT, 3, "and 3 more"),
        (SubjectKind.PRODUCT, 0, "6 products"),
        (SubjectKind.PRODUCT, 6, ""),
        (SubjectKind.CUSTOMER, 0, ""),
    ],
)
def test_says_how_many_subjects_have_no_room(kind, shown, text):
    subjects = [ScenarioSubject(kind, f"id_{number}", "Олена") for number in range(6)]

    assert shop_strip.rest_text(subjects, shown) == text


def test_says_after_how_long_the_slow_client_was_evicted(shop):
    noon = datetime.fromtimestamp(shop.noon, UTC)
    olena = ScenarioSubject(SubjectKind.CUSTOMER, "user_26", "Олена")
    scenario = RunningScenario("slow-client", noon, noon, 0.5, 60.0, (olena,))
    live = LiveState(shop.noon)
    live.on_shop_state(replace(shop.stock(), scenarios=(scenario,)), shop.noon)
    assert shop_strip.eviction_text(scenario, live.snapshot(shop.noon)) == ""

    events = [
        ConnectionEvent(shop.noon + at, kind, "c_1", "user_26", "node-1")
        for at, kind in ((-60, "connected"), (-50, "evicted"), (-1, "connected"), (5, "evicted"))
    ]
    live.on_stats(StatsPayload((), tuple(events)), shop.noon + 6)

    now = live.snapshot(shop.noon + 6)
    assert shop_strip.eviction_text(scenario, now) == "evicted after 6 s"
