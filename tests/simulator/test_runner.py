"""The runner: steps the shop in real time, skips long gaps and executes commands."""

import pytest

from protocol import codec
from protocol.publications import PublishRequest
from protocol.simulator_api import (
    PauseSimulation,
    PlaceOrder,
    ReleaseConversation,
    ResetSimulation,
    RestartSimulation,
    ResumeSimulation,
    SetRate,
    SetSpeed,
    ShopLanguage,
    StartScenario,
    TakeConversation,
)
from simulator.engine.virtual_clock import MAX_CATCH_UP_S
from simulator.errors import CommandRejected
from simulator.shop.simulation_events import AskSupport


def encoded(publications):
    return [codec.encode_json(publication) for publication in publications]


def test_all_events_are_forwarded(harness, create_shop):
    it = harness()
    it.wait(*[0.5] * 60)
    events = create_shop(started_at=1000.0, run_id="r1").step(1030.0)

    assert it.shop.now == pytest.approx(1030)
    assert it.sink.publications == [h for h in events if isinstance(h, PublishRequest)]
    assert it.sink.others
    assert it.sink.others == [
        ("ask_support", h.customer.id, h.topic) for h in events if isinstance(h, AskSupport)
    ]


def test_a_long_gap_is_skipped(harness):
    """
    Afterwards the virtual clock is right, but only a few seconds were simulated.
    """
    it, awake = harness(), harness()
    it.wait(*[0.5] * 60, 3600)
    awake.wait(*[0.5] * 60, MAX_CATCH_UP_S)

    assert it.shop.now == pytest.approx(1030 + 3600)
    assert it.shop.elapsed_s == pytest.approx(30 + MAX_CATCH_UP_S)
    assert it.runner.skipped_s == pytest.approx(3600 - MAX_CATCH_UP_S)
    assert len(it.sink.publications) == len(awake.sink.publications)


def test_the_simulation_continues_when_the_sink_is_full(harness):
    full, free = harness(has_room=False), harness()
    full.wait(*[0.5] * 60)
    free.wait(*[0.5] * 60)

    assert full.sink.publications == free.sink.publications


def test_a_higher_speed_gives_the_same_publications_sooner(harness):
    fast, slow = harness(speed=60), harness()
    fast.wait(0.25, 0.25)
    slow.wait(*[0.5] * 60)

    assert encoded(fast.sink.publications) == encoded(slow.sink.publications)


def test_a_new_speed_applies_from_now_on(harness):
    it = harness()
    it.time.now += 2
    it.runner.execute(SetSpeed(speed=10))
    it.wait(1)

    assert it.shop.elapsed_s == pytest.approx(12)


def test_a_paused_simulation_resumes_where_it_stopped(harness):
    it, never_paused = harness(), harness()
    it.wait(*[0.5] * 20)
    it.runner.execute(PauseSimulation())
    it.wait(5, 3600)
    assert it.shop.elapsed_s == 10

    it.runner.execute(ResumeSimulation())
    it.wait(*[0.5] * 20)
    never_paused.wait(*[0.5] * 40)

    assert it.shop.elapsed_s == 20
    assert encoded(it.sink.publications) == encoded(never_paused.sink.publications)


def test_commands_are_executed_and_published_while_paused(harness):
    it = harness()
    it.runner.execute(PauseSimulation())
    order = it.runner.execute(PlaceOrder())

    assert [d.type for d in it.sink.publications][:3] == [
        "new_order",
        "order_update",
        "notification",
    ]
    assert order.order.created_at.timestamp() == 1000.0


def test_time_before_a_command_is_simulated_first(harness):
    it = harness()
    it.time.now += 4
    order = it.runner.execute(PlaceOrder())

    assert order.order.created_at.timestamp() == 1004.0


@pytest.mark.parametrize(
    ("command", "field"),
    [(SetSpeed(speed=60), "speed"), (SetRate(rate=5000), "rate")],
)
def test_a_rate_times_speed_over_the_limit_is_rejected(harness, command, field):
    it = harness(rate=100.0, speed=2)

    with pytest.raises(CommandRejected, match=rf"{field} can be at most (50|2500)") as rejected:
        it.runner.execute(command)

    assert rejected.value.field == field
    assert (it.runner.clock.speed, it.shop.rate) == (2, 100.0)


def test_a_restart_begins_at_time_zero(harness):
    it, fresh = harness(), harness(seed=9, rate=40.0)
    it.wait(*[0.5] * 20)
    it.runner.execute(SetRate(rate=40))
    it.runner.execute(StartScenario(name="flash-sale"))
    it.runner.execute(RestartSimulation(seed=9))
    restarted_at = len(it.sink.publications)
    it.wait(*[0.5] * 20)
    fresh.wait(*[0.5] * 20)

    assert (it.shop.elapsed_s, it.shop.config.seed, it.shop.rate) == (10, 9, 40)
    assert ("reset", "uk") in it.sink.others
    assert it.sink.discarded == restarted_at
    again = encoded(it.sink.publications[restarted_at:])
    assert [raw.replace(b"r2", b"r1").replace(b"R2", b"R1") for raw in again] == encoded(
        fresh.sink.publications
    )


def test_a_restart_without_a_seed_keeps_the_seed(harness):
    it = harness(seed=12)
    it.runner.execute(RestartSimulation())

    assert it.shop.config.seed == 12
    assert it.shop.config.run_id == "r2"


def test_a_reset_puts_everything_back_to_the_start(harness):
    it = harness(seed=12, rate=30.0, speed=2)
    it.wait(*[0.5] * 20)
    it.runner.execute(SetRate(rate=100))
    it.runner.execute(SetSpeed(speed=10))
    it.runner.execute(StartScenario(name="calm-day"))
    it.runner.execute(ResetSimulation())

    state = it.state()
    assert (state.elapsed_s, state.run, state.seed, state.rate) == (0, "r2", 12, 30)
    assert (state.speed, state.running, state.scenarios) == (2, True, ())
    assert state.reset_at == state.started_at


def test_a_paused_shop_stays_paused_after_a_reset(harness):
    it = harness()
    it.runner.execute(PauseSimulation())
    it.runner.execute(ResetSimulation())

    assert not it.state().running


def test_a_reset_may_change_seed_and_language(harness):
    it = harness(seed=12)
    it.runner.execute(ResetSimulation(seed=9, language=ShopLanguage.ENGLISH))
    it.runner.execute(ResetSimulation())

    state = it.state()
    assert (state.seed, state.language) == (9, "en")
    assert state.warehouses == ("Kyiv", "Lviv", "Odesa")
    assert [other for other in it.sink.others if other[0] == "reset"] == [("reset", "en")] * 2


def test_the_first_run_was_not_reset(harness):
    assert harness().state().reset_at is None


def test_a_taken_conversation_is_forwarded_to_the_clients(harness):
    it = harness()
    it.runner.execute(TakeConversation(conversation="conv_1"))
    it.runner.execute(ReleaseConversation(conversation="conv_1"))

    assert it.sink.others == [("take_conversation", "conv_1"), ("release_conversation", "conv_1")]


def test_scenarios_start_and_stop_the_slow_client_and_drop_connections(harness):
    it = harness(connected_customers=3)
    it.runner.execute(StartScenario(name="slow-client"))
    it.runner.execute(StartScenario(name="reconnect-storm"))
    it.wait(*[0.5] * 120)
    others = [other for other in it.sink.others if other[0] != "ask_support"]

    assert others == [
        ("start_slow_client", "user_4"),
        ("drop_connections",),
        ("drop_connections",),
        ("stop_slow_client",),
        ("drop_connections",),
    ]


async def test_a_run_ends_after_its_duration(harness):
    it = harness(speed=60)
    it.time.now += 1

    await it.runner.run(30.0)

    assert it.shop.elapsed_s == 60
