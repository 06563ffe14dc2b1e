"""Scenarios: each changes what it says by as much as it says, then ends and says so."""

import pytest

from protocol import codec
from protocol.event_payloads import OrderStatus
from protocol.publications import PublishRequest
from protocol.simulator_api import ScenarioPhase, StartScenario, StopScenario
from server.settings import Settings
from simulator.data_files import InvalidDataFile, read_text
from simulator.dry_run.summary import RunSummary
from simulator.errors import CommandRejected
from simulator.scenarios import definitions
from simulator.scenarios.actions import END_ACTIONS, FILLER_BYTES, START_ACTIONS
from simulator.shop.simulation_events import (
    DropConnections,
    ScenarioChanged,
    StartSlowClient,
    StopSlowClient,
)

WARM_UP_S = 180
SEEDS = (1, 2, 3)
MOST_IN_SOCKETS = 4 << 20  # Linux' tcp_wmem


class Play:
    """A shop that was warmed up before a scenario begins, and what events since."""

    def __init__(self, shop, *names):
        self.shop = shop
        shop.step(WARM_UP_S)
        self.events = []
        for name in names:
            shop.execute(StartScenario(name=name))
        self.lasts_s = max((shop.data.scenarios[name].lasts_s for name in names), default=0)

    def go_on(self, seconds):
        events = self.shop.step(self.shop.now + seconds)
        self.events += events
        return events


def summed(events):
    summary = RunSummary()
    for event in events:
        if isinstance(event, PublishRequest):
            summary.add(event)
    return summary


@pytest.fixture(scope="module")
def compare(create_shop):
    """Sum up a scenario from its beginning to its end, and the same shop without it.

    Both are sums over several seeds.
    """

    def compare_(name):
        with_it, without = [], []
        for seed in SEEDS:
            play, usual = Play(create_shop(seed=seed), name), Play(create_shop(seed=seed))
            with_it += play.go_on(play.lasts_s)
            without += usual.go_on(play.lasts_s)
        return summed(with_it), summed(without)

    return compare_


def test_a_calm_day_has_a_third_of_the_orders(compare):
    calm, usual = compare("calm-day")

    assert 0.2 < calm.orders / usual.orders < 0.5


def test_nothing_fails_on_a_calm_day(create_shop):
    play = Play(create_shop(), "calm-day")
    play.go_on(60)  # what was decided before may still go wrong
    calm = summed(play.go_on(play.lasts_s - 60))

    assert calm.orders_by_new_status["delivered"] > 20
    assert (
        calm.orders_by_new_status["payment_failed"] == calm.orders_by_new_status["cancelled"] == 0
    )


def test_a_flash_sale_more_than_doubles_the_orders_and_empties_many_times_as_many_shelves(compare):
    sale, usual = compare("flash-sale")

    assert sale.orders > 2 * usual.orders
    assert sale.alerts["out_of_stock"] > 4 * usual.alerts["out_of_stock"]


def test_a_flash_sale_sells_six_products_a_quarter_cheaper_until_it_ends(create_shop, shop_data):
    play = Play(create_shop(), "flash-sale")
    prices = {product.id: product.price for product in shop_data.catalogue.products}
    active = play.shop.components.active_scenarios

    def ratios():
        return [
            float(active.price(product) / product.price)
            for product in shop_data.catalogue.products
            if active.price(product) != product.price
        ]

    assert ratios() == pytest.approx([0.75] * 6, abs=0.01)
    drafts = [h for h in play.go_on(play.lasts_s) if isinstance(h, PublishRequest)]
    assert ratios() == []
    sold = [
        item
        for draft in drafts
        if draft.type == "new_order"
        for item in codec.decode_json(bytes(draft.payload))["order"]["items"]
    ]
    cheap = [item for item in sold if item["price"] < prices[item["product_id"]]]
    assert len(cheap) > len(sold) / 2


def test_a_stock_out_empties_nine_shelves_at_once_and_fills_them_when_it_ends(create_shop):
    play = Play(create_shop(), "stock-out")
    (scene,) = play.shop.components.active_scenarios.runs
    shelves = [s for s in play.shop.components.shelves if s.product.id in scene.featured_products]
    assert [shelf.remaining for shelf in shelves] == [0] * 9
    assert sum(shelf.written_off for shelf in shelves) > 0

    play.go_on(play.lasts_s - 1)
    assert max(shelf.remaining for shelf in shelves) <= 4  # what cancelled orders gave back

    play.go_on(21)
    assert all(shelf.remaining > 0 for shelf in shelves)


def test_a_stock_out_alerts_the_staff_of_every_shelf(create_shop):
    usual, play = Play(create_shop(seed=2)), Play(create_shop(seed=2), "stock-out")
    at_once, as_usual = summed(play.go_on(0)), summed(usual.go_on(0))
    later = summed(play.go_on(play.lasts_s + 20))
    usually = summed(usual.go_on(play.lasts_s + 20))

    assert at_once.alerts["out_of_stock"] == 9
    assert as_usual.alerts["out_of_stock"] == 0
    assert later.alerts["back_in_stock"] >= usually.alerts["back_in_stock"]


def test_a_courier_strike_stops_every_delivery_and_more_than_doubles_the_cancellations(compare):
    strike, usual = compare("courier-strike")

    assert usual.orders_by_new_status["delivered"] > 100
    assert strike.orders_by_new_status["delivered"] == strike.orders_by_new_status["shipped"] == 0
    assert strike.orders_by_new_status["cancelled"] > 2 * usual.orders_by_new_status["cancelled"]


def test_parcels_are_delayed_by_a_strike_and_all_move_again_soon_after_it(create_shop):
    play = Play(create_shop(), "courier-strike")
    play.go_on(play.lasts_s - 1)
    live = play.shop.components.fulfilment.live
    waiting = [id for id, order in live.items() if "страйк" in str(order.tracking_status)]
    assert len(waiting) > 30

    play.go_on(91)
    still = [id for id in waiting if id in live and "страйк" in str(live[id].tracking_status)]
    assert still == []


def test_no_order_is_paid_during_a_payment_outage_and_ten_times_as_many_payments_fail(compare):
    outage, usual = compare("payment-outage")

    assert usual.orders_by_new_status["paid"] > 100
    assert outage.orders_by_new_status["paid"] == 0
    assert (
        outage.orders_by_new_status["payment_failed"]
        > 10 * usual.orders_by_new_status["payment_failed"]
    )
    assert outage.orders_by_new_status["cancelled"] > 2 * usual.orders_by_new_status["cancelled"]


def test_most_orders_are_paid_after_all_when_the_outage_is_over(create_shop):
    play = Play(create_shop(), "payment-outage")
    play.go_on(play.lasts_s)
    failed = [
        id
        for id, order in play.shop.components.fulfilment.live.items()
        if order.status is OrderStatus.PAYMENT_FAILED
    ]
    play.go_on(60)
    paid = [
        id for id in failed if (order := play.shop.components.fulfilment.find(id)) and order.paid_at
    ]

    assert len(failed) > 15
    assert len(paid) > len(failed) / 2


def test_a_chat_rush_brings_more_than_ten_times_as_many_questions(compare):
    rush, usual = compare("chat-rush")

    assert usual.questions
    assert rush.questions > 10 * usual.questions


def test_a_slow_client_is_sent_more_than_its_buffers_hold(create_shop):
    play = Play(create_shop(connected_customers=4), "slow-client")
    play.go_on(play.lasts_s)
    stops = [h for h in play.events if isinstance(h, StartSlowClient)]
    parts = [
        len(h.payload)
        for h in play.events
        if isinstance(h, PublishRequest) and h.channel == "user:user_5" and len(h.payload) > 10_000
    ]

    assert [stop.customer.id for stop in stops] == ["user_5"]
    assert sum(parts) > 240 * 0.9 * FILLER_BYTES
    assert sum(parts) > MOST_IN_SOCKETS + Settings().outbox_bytes
    assert sum(isinstance(h, StopSlowClient) for h in play.events) == 1
    assert not [
        h for h in play.go_on(30) if isinstance(h, PublishRequest) and len(h.payload) > 10_000
    ]


def test_a_reconnect_storm_drops_all_connections_three_times(create_shop):
    play = Play(create_shop(), "reconnect-storm")
    counts = [
        sum(isinstance(h, DropConnections) for h in play.go_on(seconds)) for seconds in (0, 16, 16)
    ]

    assert counts == [1, 1, 1]


def test_a_stopped_reconnect_storm_drops_no_more_connections(create_shop):
    play = Play(create_shop(), "reconnect-storm")
    play.go_on(1)
    play.shop.execute(StopScenario(name="reconnect-storm"))

    assert not [h for h in play.go_on(60) if isinstance(h, DropConnections)]


@pytest.mark.parametrize("name", definitions.load_scenarios())
def test_each_scenario_notifies_the_staff_of_its_start_and_end(create_shop, name):
    play = Play(create_shop(connected_customers=3), name)
    play.go_on(play.lasts_s - 1)
    assert [scene.scenario.name for scene in play.shop.components.active_scenarios.runs] == [name]

    play.go_on(2)
    assert play.shop.components.active_scenarios.runs == ()
    assert [h for h in play.events if isinstance(h, ScenarioChanged)] == [
        ScenarioChanged(name, ScenarioPhase.STARTED),
        ScenarioChanged(name, ScenarioPhase.FINISHED),
    ]
    title = play.shop.data.scenarios[name].title.uk
    to_staff = [
        codec.decode_json(bytes(h.payload))["title"]
        for h in play.events
        if isinstance(h, PublishRequest) and h.type == "notification" and h.channel == "tenant:shop"
    ]
    assert to_staff == [f"Сценарій почався: {title}", f"Сценарій завершено: {title}"]


def test_all_scenarios_may_overlap_and_leave_no_modifier_behind(create_shop, shop_data):
    play = Play(create_shop(connected_customers=3), *shop_data.scenarios)
    active = play.shop.components.active_scenarios
    assert len(active.runs) == 8
    assert active.visit_multiplier == pytest.approx(0.33 * 3.0)

    play.go_on(play.lasts_s + 1)

    assert (active.visit_multiplier, active.question_multiplier, active.failure_multiplier) == (
        1,
        1,
        1,
    )
    assert active.couriers_work
    assert active.payments_work
    assert all(active.price(product) == product.price for product in shop_data.catalogue.products)


def test_starting_a_running_scenario_restarts_it(create_shop):
    play = Play(create_shop(), "chat-rush")
    play.go_on(60)
    play.shop.execute(StartScenario(name="chat-rush"))
    play.go_on(60)

    (scene,) = play.shop.components.active_scenarios.runs
    assert scene.started_at == pytest.approx(WARM_UP_S + 60)
    assert [one.phase for one in play.shop.scenario_manager.finished] == [ScenarioPhase.STOPPED]


def test_stopping_a_scenario_ends_it_at_once(create_shop):
    play = Play(create_shop(), "courier-strike")
    play.go_on(60)
    play.shop.execute(StopScenario(name="courier-strike"))
    after = summed(play.go_on(90))

    assert after.orders_by_new_status["delivered"] > 20
    with pytest.raises(CommandRejected):
        play.shop.execute(StopScenario(name="courier-strike"))


def test_every_action_belongs_to_a_scenario(shop_data):
    assert START_ACTIONS.keys() | END_ACTIONS.keys() <= shop_data.scenarios.keys()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('uk = "Спокійний день"', 'uk = ""', r"length >= 1 - at `\$\.scenarios\[0\]\.title\.uk`"),
        ("lasts_s = 300", "lasts_s = 0", r"Expected `float` > 0\.0 - at `\$\.scenarios\[0\]"),
        ("failure_multiplier = 0.0", "failures = 0.0", "unknown field `failures`"),
        ('name = "flash-sale"', 'name = "calm-day"', "calm-day: the name is used twice"),
        ("[[scenarios]]", "[[scenarios]", r"scenarios\.toml: "),
    ],
)
def test_an_error_in_the_file_is_reported(old, new, problem):
    with pytest.raises(InvalidDataFile, match=problem) as rejected:
        definitions.parse_scenarios(read_text("scenarios.toml").replace(old, new, 1))

    assert str(rejected.value).startswith("scenarios.toml")
