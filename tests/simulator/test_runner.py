"""Real time: the shop keeps up with the clock, and never makes up for a night's sleep."""

import pytest

from protocol import codec
from protocol.publications import PublishRequest
from protocol.simulator_api import (
    PauseSimulation,
    PlaceOrder,
    RestartSimulation,
    ResumeSimulation,
    SetRate,
    SetSpeed,
    StartScenario,
    TakeConversation,
)
from simulator.engine.virtual_clock import MAX_CATCH_UP_S
from simulator.errors import CommandRejected
from simulator.shop.simulation_events import AskSupport


def wire(drafts):
    return [codec.encode_json(draft) for draft in drafts]


def test_hands_on_all_that_happens(stand, open_shop):
    it = stand()
    it.wait(*[0.5] * 60)
    happenings = open_shop(started_at=1000.0, run_id="r1").step(1030.0)

    assert it.shop.now == pytest.approx(1030)
    assert it.taker.drafts == [h for h in happenings if isinstance(h, PublishRequest)]
    assert it.taker.others
    assert it.taker.others == [
        ("ask", h.customer.id, h.topic) for h in happenings if isinstance(h, AskSupport)
    ]


def test_passes_over_a_long_pause(stand):
    """
    The shop's clock is right again afterwards, but only seconds were lived through.
    """
    it, awake = stand(), stand()
    it.wait(*[0.5] * 60, 3600)
    awake.wait(*[0.5] * 60, MAX_CATCH_UP_S)

    assert it.shop.now == pytest.approx(1030 + 3600)
    assert it.shop.elapsed_s == pytest.approx(30 + MAX_CATCH_UP_S)
    assert it.runner.skipped_s == pytest.approx(3600 - MAX_CATCH_UP_S)
    assert len(it.taker.drafts) == len(awake.taker.drafts)


def test_goes_on_when_nobody_takes_its_publications(stand):
    refused, taken = stand(has_room=False), stand()
    refused.wait(*[0.5] * 60)
    taken.wait(*[0.5] * 60)

    assert refused.taker.drafts == taken.taker.drafts


def test_lives_faster_at_a_higher_speed_and_does_the_same(stand):
    fast, slow = stand(speed=60), stand()
    fast.wait(0.25, 0.25)
    slow.wait(*[0.5] * 60)

    assert wire(fast.taker.drafts) == wire(slow.taker.drafts)


def test_changes_its_speed_from_now_on(stand):
    it = stand()
    it.time.now += 2
    it.runner.execute(SetSpeed(speed=10))
    it.wait(1)

    assert it.shop.elapsed_s == pytest.approx(12)


def test_stands_still_while_it_is_paused_and_goes_on_where_it_was(stand):
    it, never_paused = stand(), stand()
    it.wait(*[0.5] * 20)
    it.runner.execute(PauseSimulation())
    it.wait(5, 3600)
    assert it.shop.elapsed_s == 10

    it.runner.execute(ResumeSimulation())
    it.wait(*[0.5] * 20)
    never_paused.wait(*[0.5] * 40)

    assert it.shop.elapsed_s == 20
    assert wire(it.taker.drafts) == wire(never_paused.taker.drafts)


def test_does_what_it_is_told_while_it_is_paused_and_says_so_at_once(stand):
    it = stand()
    it.runner.execute(PauseSimulation())
    order = it.runner.execute(PlaceOrder())

    assert [d.type for d in it.taker.drafts][:3] == ["new_order", "order_update", "notification"]
    assert order.order.created_at.timestamp() == 1000.0


def test_lives_up_to_the_moment_of_a_command_first(stand):
    it = stand()
    it.time.now += 4
    order = it.runner.execute(PlaceOrder())

    assert order.order.created_at.timestamp() == 1004.0


@pytest.mark.parametrize(
    ("command", "field"),
    [(SetSpeed(speed=60), "speed"), (SetRate(rate=5000), "rate")],
)
def test_refuses_a_pace_that_no_process_keeps(stand, command, field):
    it = stand(rate=100.0, speed=2)

    with pytest.raises(CommandRejected, match=rf"{field} can be at most (50|2500)") as refused:
        it.runner.execute(command)

    assert refused.value.field == field
    assert (it.runner.clock.speed, it.shop.rate) == (2, 100.0)


def test_begins_again_from_its_first_second(stand):
    it, fresh = stand(), stand(seed=9, rate=40.0)
    it.wait(*[0.5] * 20)
    it.runner.execute(SetRate(rate=40))
    it.runner.execute(StartScenario(name="flash-sale"))
    it.runner.execute(RestartSimulation(seed=9))
    restarted_at = len(it.taker.drafts)
    it.wait(*[0.5] * 20)
    fresh.wait(*[0.5] * 20)

    assert (it.shop.elapsed_s, it.shop.config.seed, it.shop.rate) == (10, 9, 40)
    assert ("reset",) in it.taker.others
    again = wire(it.taker.drafts[restarted_at:])
    assert [raw.replace(b"r2", b"r1").replace(b"R2", b"R1") for raw in again] == wire(
        fresh.taker.drafts
    )


def test_begins_again_with_its_own_seed_if_no_other_is_given(stand):
    it = stand(seed=12)
    it.runner.execute(RestartSimulation())

    assert it.shop.config.seed == 12
    assert it.shop.config.run_id == "r2"


def test_leaves_a_conversation_to_people(stand):
    it = stand()
    it.runner.execute(TakeConversation(conversation="conv_1"))

    assert it.taker.others == [("take_conversation", "conv_1")]


def test_has_a_client_stop_reading_and_read_on_and_the_network_fail(stand):
    it = stand(connected_customers=3)
    it.runner.execute(StartScenario(name="slow-client"))
    it.runner.execute(StartScenario(name="reconnect-storm"))
    it.wait(*[0.5] * 120)
    others = [other for other in it.taker.others if other[0] != "ask"]

    assert others == [
        ("start_slow_client", "user_4"),
        ("drop_connections",),
        ("drop_connections",),
        ("read_on",),
        ("drop_connections",),
    ]


async def test_ends_by_itself_when_its_time_is_over(stand):
    it = stand(speed=60)
    it.time.now += 1

    await it.runner.run(30.0)

    assert it.shop.elapsed_s == 60
