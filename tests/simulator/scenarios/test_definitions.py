"""Each scenario has the effect that docs/simulator.md describes, and ends."""

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
MAX_IN_SOCKET_BUFFERS = 4 << 20  # tcp_wmem of Linux


class ScenarioPlayer:
    """A shop in which scenarios start after a warm-up, and its events since."""

    def __init__(self, shop, *names):
        self.shop = shop
        shop.step(WARM_UP_S)
        self.events = []
        for name in names:
            shop.execute(StartScenario(name=name))
        self.lasts_s = max((shop.data.scenarios[name].lasts_s for name in names), default=0)

    def advance(self, seconds):
        events = self.shop.step(self.shop.now + seconds)
        self.events += events
        return events


def summarise(events):
    summary = RunSummary()
    for event in events:
        if isinstance(event, PublishRequest):
            summary.add(event)
    return summary


@pytest.fixture(scope="module")
def compare(create_shop):
    """Summarise a run of a scenario, and the same time without it.

    Both are totals over several seeds.
    """

    def compare_(name):
        with_it, without = [], []
        for seed in SEEDS:
            player, usual = (
                ScenarioPlayer(create_shop(seed=seed), name),
                ScenarioPlayer(create_shop(seed=seed)),
            )
            with_it += player.advance(player.lasts_s)
            without += usual.advance(player.lasts_s)
        return summarise(with_it), summarise(without)

    return compare_


def test_a_calm_day_has_a_third_of_the_orders(compare):
    calm, usual = compare("calm-day")

    assert 0.2 < calm.orders / usual.orders < 0.5


def test_nothing_fails_on_a_calm_day(create_shop):
    player = ScenarioPlayer(create_shop(), "calm-day")
    player.advance(60)  # failures decided before may still occur
    calm = summarise(player.advance(player.lasts_s - 60))

    assert calm.orders_by_new_status["delivered"] > 20
    assert (
        calm.orders_by_new_status["payment_failed"] == calm.orders_by_new_status["cancelled"] == 0
    )


def test_a_flash_sale_more_than_doubles_the_orders_and_empties_many_times_as_many_shelves(compare):
    sale, usual = compare("flash-sale")

    assert sale.orders > 2 * usual.orders
    assert sale.alerts["out_of_stock"] > 4 * usual.alerts["out_of_stock"]


def test_a_flash_sale_sells_six_products_a_quarter_cheaper_until_it_ends(create_shop, shop_data):
    player = ScenarioPlayer(create_shop(), "flash-sale")
    prices = {product.id: product.price for product in shop_data.catalogue.products}
    active = player.shop.components.active_scenarios

    def ratios():
        return [
            float(active.price(product) / product.price)
            for product in shop_data.catalogue.products
            if active.price(product) != product.price
        ]

    assert ratios() == pytest.approx([0.75] * 6, abs=0.01)
    publications = [h for h in player.advance(player.lasts_s) if isinstance(h, PublishRequest)]
    assert ratios() == []
    sold = [
        item
        for publication in publications
        if publication.type == "new_order"
        for item in codec.decode_json(bytes(publication.payload))["order"]["items"]
    ]
    cheap = [item for item in sold if item["price"] < prices[item["product_id"]]]
    assert len(cheap) > len(sold) / 2


def test_a_stock_out_empties_nine_shelves_at_once_and_fills_them_when_it_ends(create_shop):
    player = ScenarioPlayer(create_shop(), "stock-out")
    (run,) = player.shop.components.active_scenarios.runs
    shelves = [s for s in player.shop.components.shelves if s.product.id in run.featured_products]
    assert [shelf.remaining for shelf in shelves] == [0] * 9
    assert sum(shelf.written_off for shelf in shelves) > 0

    player.advance(player.lasts_s - 1)
    assert max(shelf.remaining for shelf in shelves) <= 4  # items of cancelled orders

    player.advance(21)
    assert all(shelf.remaining > 0 for shelf in shelves)


def test_a_stock_out_alerts_the_staff_of_every_shelf(create_shop):
    usual, player = (
        ScenarioPlayer(create_shop(seed=2)),
        ScenarioPlayer(create_shop(seed=2), "stock-out"),
    )
    at_once, as_usual = summarise(player.advance(0)), summarise(usual.advance(0))
    later = summarise(player.advance(player.lasts_s + 20))
    usually = summarise(usual.advance(player.lasts_s + 20))

    assert at_once.alerts["out_of_stock"] == 9
    assert as_usual.alerts["out_of_stock"] == 0
    assert later.alerts["back_in_stock"] >= usually.alerts["back_in_stock"]


def test_a_courier_strike_stops_every_delivery_and_more_than_doubles_the_cancellations(compare):
    strike, usual = compare("courier-strike")

    assert usual.orders_by_new_status["delivered"] > 100
    assert strike.orders_by_new_status["delivered"] == strike.orders_by_new_status["shipped"] == 0
    assert strike.orders_by_new_status["cancelled"] > 2 * usual.orders_by_new_status["cancelled"]


def test_parcels_are_delayed_by_a_strike_and_all_move_again_soon_after_it(create_shop):
    player = ScenarioPlayer(create_shop(), "courier-strike")
    player.advance(player.lasts_s - 1)
    live = player.shop.components.fulfilment.live
    waiting = [id for id, order in live.items() if "страйк" in str(order.tracking_status)]
    assert len(waiting) > 30

    player.advance(91)
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
    player = ScenarioPlayer(create_shop(), "payment-outage")
    player.advance(player.lasts_s)
    failed = [
        id
        for id, order in player.shop.components.fulfilment.live.items()
        if order.status is OrderStatus.PAYMENT_FAILED
    ]
    player.advance(60)
    paid = [
        id
        for id in failed
        if (order := player.shop.components.fulfilment.find(id)) and order.paid_at
    ]

    assert len(failed) > 15
    assert len(paid) > len(failed) / 2


def test_a_chat_rush_brings_more_than_ten_times_as_many_questions(compare):
    rush, usual = compare("chat-rush")

    assert usual.questions
    assert rush.questions > 10 * usual.questions


def test_a_slow_client_is_sent_more_than_its_buffers_hold(create_shop):
    player = ScenarioPlayer(create_shop(connected_customers=4), "slow-client")
    player.advance(player.lasts_s)
    stops = [h for h in player.events if isinstance(h, StartSlowClient)]
    parts = [
        len(h.payload)
        for h in player.events
        if isinstance(h, PublishRequest) and h.channel == "user:user_5" and len(h.payload) > 10_000
    ]

    assert [stop.customer.id for stop in stops] == ["user_5"]
    assert sum(parts) > 330 * 0.9 * FILLER_BYTES
    assert sum(parts) > MAX_IN_SOCKET_BUFFERS + Settings().send_queue_bytes
    assert sum(isinstance(h, StopSlowClient) for h in player.events) == 1
    assert not [
        h for h in player.advance(30) if isinstance(h, PublishRequest) and len(h.payload) > 10_000
    ]


def test_a_reconnect_storm_drops_all_connections_three_times(create_shop):
    player = ScenarioPlayer(create_shop(), "reconnect-storm")
    counts = [
        sum(isinstance(h, DropConnections) for h in player.advance(seconds))
        for seconds in (0, 16, 16)
    ]

    assert counts == [1, 1, 1]


def test_a_stopped_reconnect_storm_drops_no_more_connections(create_shop):
    player = ScenarioPlayer(create_shop(), "reconnect-storm")
    player.advance(1)
    player.shop.execute(StopScenario(name="reconnect-storm"))

    assert not [h for h in player.advance(60) if isinstance(h, DropConnections)]


@pytest.mark.parametrize("name", definitions.load_scenarios())
def test_each_scenario_notifies_the_staff_of_its_start_and_end(create_shop, name):
    player = ScenarioPlayer(create_shop(connected_customers=3), name)
    player.advance(player.lasts_s - 1)
    assert [run.scenario.name for run in player.shop.components.active_scenarios.runs] == [name]

    player.advance(2)
    assert player.shop.components.active_scenarios.runs == ()
    assert [h for h in player.events if isinstance(h, ScenarioChanged)] == [
        ScenarioChanged(name, ScenarioPhase.STARTED),
        ScenarioChanged(name, ScenarioPhase.FINISHED),
    ]
    title = player.shop.data.scenarios[name].title.uk
    to_staff = [
        codec.decode_json(bytes(h.payload))["title"]
        for h in player.events
        if isinstance(h, PublishRequest) and h.type == "notification" and h.channel == "tenant:shop"
    ]
    assert to_staff == [f"Сценарій почався: {title}", f"Сценарій завершено: {title}"]


def test_all_scenarios_may_overlap_and_leave_no_modifier_behind(create_shop, shop_data):
    player = ScenarioPlayer(create_shop(connected_customers=3), *shop_data.scenarios)
    active = player.shop.components.active_scenarios
    assert len(active.runs) == 8
    assert active.visit_multiplier == pytest.approx(0.33 * 3.0)

    player.advance(player.lasts_s + 1)

    assert (active.visit_multiplier, active.question_multiplier, active.failure_multiplier) == (
        1,
        1,
        1,
    )
    assert active.couriers_work
    assert active.payments_work
    assert all(active.price(product) == product.price for product in shop_data.catalogue.products)


def test_starting_a_running_scenario_restarts_it(create_shop):
    player = ScenarioPlayer(create_shop(), "chat-rush")
    player.advance(60)
    player.shop.execute(StartScenario(name="chat-rush"))
    player.advance(60)

    (run,) = player.shop.components.active_scenarios.runs
    assert run.started_at == pytest.approx(WARM_UP_S + 60)
    assert [one.phase for one in player.shop.scenario_manager.finished] == [ScenarioPhase.STOPPED]


def test_stopping_a_scenario_ends_it_at_once(create_shop):
    player = ScenarioPlayer(create_shop(), "courier-strike")
    player.advance(60)
    player.shop.execute(StopScenario(name="courier-strike"))
    after = summarise(player.advance(90))

    assert after.orders_by_new_status["delivered"] > 20
    with pytest.raises(CommandRejected):
        player.shop.execute(StopScenario(name="courier-strike"))


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
