"""Orders and their statuses, as received."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import asdict, replace

from dashboard.state.orders import MAX_ORDERS, STALE_AFTER_S, OrderTracker, StatusStep
from protocol.event_payloads import OrderStatus, OrderUpdatePayload
from protocol.simulator_api import OrderState, StatusChange

PENDING, PAID, PROCESSING = OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.PROCESSING
SHIPPED, DELIVERED = OrderStatus.SHIPPED, OrderStatus.DELIVERED


def moved(id, status, **more):
    return OrderUpdatePayload(id, status, **more)


def test_the_newest_order_comes_first_whatever_its_updates(shop):
    orders = OrderTracker()
    for n in range(3):
        orders.on_placed(shop.order(f"ord_{n}"), float(n))
    orders.on_update(moved("ord_0", PAID), 9.0)

    assert [order.id for order in orders.newest_first()] == ["ord_2", "ord_1", "ord_0"]


def test_an_order_received_twice_counts_once(shop):
    orders = OrderTracker()

    assert [orders.on_placed(shop.order(total="10.10"), 1.0) for _ in range(2)] == [True, False]
    assert (orders.count, orders.total_amount) == (1, Decimal("10.10"))


def test_the_sum_of_orders_is_exact_to_the_kopeck(shop):
    orders = OrderTracker()
    for n in range(1000):
        orders.on_placed(shop.order(f"ord_{n}", total="0.10"), 1.0)

    assert orders.total_amount == Decimal("100.00")


def test_an_order_keeps_the_time_of_each_status(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order(), 10.0)
    orders.on_update(moved("ord_1", PAID), 12.0)
    orders.on_update(moved("ord_1", PAID), 12.0)  # to its owner too
    orders.on_update(moved("ord_1", SHIPPED), 40.0)

    (order,) = orders.newest_first()

    assert order.history == (
        StatusStep(PENDING, 10.0),
        StatusStep(PAID, 12.0),
        StatusStep(SHIPPED, 40.0),
    )
    assert (order.status, order.changed_at) == (SHIPPED, 40.0)
    assert (order.duration_until(PAID), order.duration_until(SHIPPED)) == (2.0, 28.0)
    assert order.duration_until(PENDING) is order.duration_until(DELIVERED) is None


def test_a_payment_that_fails_may_be_tried_again(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order(), 1.0)
    orders.on_update(moved("ord_1", OrderStatus.PAYMENT_FAILED), 2.0)
    assert orders.newest_first()[0].is_open

    orders.on_update(moved("ord_1", PAID), 7.0)

    assert orders.newest_first()[0].duration_until(PAID) == 5.0


def test_a_delivered_order_is_not_open(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order(), 1.0)
    orders.on_update(moved("ord_1", DELIVERED), 2.0)

    assert not orders.newest_first()[0].is_open


def test_a_tracking_number_stays_if_later_updates_lack_it(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order(), 1.0)
    orders.on_update(
        moved("ord_1", SHIPPED, tracking_number="2045", tracking_url="https://np/2045"), 2.0
    )
    orders.on_update(moved("ord_1", SHIPPED, tracking_status="Прибуло"), 3.0)

    (order,) = orders.newest_first()

    assert (order.tracking_number, order.tracking_status) == ("2045", "Прибуло")
    assert order.tracking_url == "https://np/2045"
    assert order.changed_at == 2.0


def test_an_order_first_seen_in_an_update_is_listed_but_not_counted(shop):
    orders = OrderTracker()

    orders.on_update(moved("ord_0", PAID), shop.noon + 5)
    orders.on_update(moved("ord_1", PAID, order=shop.order()), shop.noon + 5)

    (order,) = orders.newest_first()
    assert (order.id, order.customer_id, order.placed_at) == ("ord_1", "user_1", shop.noon)
    assert order.history == (StatusStep(PAID, shop.noon + 5),)
    assert (orders.count, orders.total_amount) == (0, 0)


def test_an_order_whose_update_arrives_first_is_counted(shop):
    orders = OrderTracker()
    orders.on_update(moved("ord_1", PENDING, order=shop.order()), 2.0)

    assert orders.on_placed(shop.order(), 2.1)
    assert (orders.count, len(orders.newest_first())) == (1, 1)


def test_orders_are_bounded_but_all_are_counted(shop):
    orders = OrderTracker()
    for n in range(MAX_ORDERS + 5):
        orders.on_placed(shop.order(f"ord_{n}"), 1.0)

    assert (len(orders.newest_first()), orders.count) == (MAX_ORDERS, MAX_ORDERS + 5)


def test_an_order_without_updates_for_long_is_dropped(shop):
    orders = OrderTracker()
    orders.on_placed(shop.order("ord_1"), 1.0)
    orders.on_placed(shop.order("ord_2"), 2.0)
    orders.on_update(moved("ord_1", PAID), 3.0)

    orders.on_placed(shop.order("ord_3"), STALE_AFTER_S + 2.5)

    assert [order.id for order in orders.newest_first()] == ["ord_3", "ord_1"]


def test_open_orders_of_an_earlier_run_are_dropped(shop):
    orders = OrderTracker()
    for id in ("ord_a1_1", "ord_a1_2", "ord_b2_1"):
        orders.on_placed(shop.order(id), 1.0)
    orders.on_update(moved("ord_a1_2", DELIVERED), 2.0)

    orders.drop_other_runs("b2")

    assert {order.id for order in orders.newest_first()} == {"ord_a1_2", "ord_b2_1"}
    assert orders.count == 3


def test_an_order_whose_number_is_like_the_run_is_of_an_earlier_run(shop):
    orders = OrderTracker()
    for id in ("ord_a1_12", "ord_12_1"):
        orders.on_placed(shop.order(id), 1.0)

    orders.drop_other_runs("12")

    assert [order.id for order in orders.newest_first()] == ["ord_12_1"]


@pytest.fixture
def listed(shop):
    """Make the simulator's state, which lists these orders: ids and the statuses so far.

    A status was reached ten seconds after the one before it, the last one at noon.
    """

    def make(orders, **more):
        noon = shop.stock().now
        states = []
        for id, statuses in orders.items():
            history = tuple(
                StatusChange(status, noon - timedelta(seconds=10 * n))
                for n, status in reversed(list(enumerate(reversed(statuses))))
            )
            order = replace(shop.order(id), status=statuses[-1], created_at=history[0].at)
            states.append(OrderState(**asdict(order), history=history, payment_status="paid"))
        live = sum(statuses[-1] is not DELIVERED for statuses in orders.values())
        return replace(shop.stock(), orders=tuple(states), **{"live_orders": live} | more)

    return make


@pytest.fixture
def orders(shop):
    """One pending order, ``ord_1``."""
    orders = OrderTracker()
    orders.on_placed(shop.order(), shop.noon)
    return orders


def polled(orders, state, since, seconds=2.0):
    """Apply a state twice, as the poller does."""
    orders.reconcile(state, since)
    orders.reconcile(state, since + seconds)


def test_an_order_that_the_simulator_does_not_know_is_dropped(shop, orders, listed):
    polled(orders, listed({}), shop.noon)

    assert orders.newest_first() == ()
    assert orders.count == 1


def test_an_order_is_kept_if_the_simulator_knows_it_soon(shop, orders, listed):
    orders.reconcile(listed({}), shop.noon)
    orders.reconcile(listed({"ord_1": [PENDING]}), shop.noon + 2)
    orders.reconcile(listed({}), shop.noon + 4)

    assert [order.id for order in orders.newest_first()] == ["ord_1"]


def test_an_order_is_kept_while_the_simulator_lists_only_a_part(shop, orders, listed):
    orders.on_placed(shop.order("ord_a1_2"), shop.noon)

    polled(orders, listed({}, live_orders=501), shop.noon)

    assert [order.id for order in orders.newest_first()] == ["ord_a1_2"]  # ord_1: another run


def test_a_finished_order_is_kept_though_the_simulator_has_forgotten_it(shop, orders, listed):
    orders.on_update(moved("ord_1", DELIVERED), shop.noon)

    polled(orders, listed({}), shop.noon)

    assert len(orders.newest_first()) == 1


def test_missed_updates_are_taken_from_the_simulator_with_their_times(shop, orders, listed):
    polled(orders, listed({"ord_1": [PENDING, PAID, SHIPPED, DELIVERED]}), shop.noon - 2)

    (order,) = orders.newest_first()
    assert [(step.status, step.at - shop.noon) for step in order.history] == [
        (PENDING, -30),
        (PAID, -20),
        (SHIPPED, -10),
        (DELIVERED, 0),
    ]


def test_an_order_ahead_of_the_simulators_state_stays(shop, orders, listed):
    orders.on_update(moved("ord_1", PAID), shop.noon + 5)

    polled(orders, listed({"ord_1": [PENDING]}), shop.noon)

    assert orders.newest_first()[0].status is PAID


def test_an_open_order_from_before_the_start_is_added_but_not_counted(shop, orders, listed):
    state = listed({"ord_1": [PENDING], "ord_0": [PENDING, PAID], "ord_9": [DELIVERED]}, speed=2.0)

    polled(orders, state, shop.noon - 2)

    newest, added = orders.newest_first()
    assert (newest.id, added.id, added.status) == ("ord_1", "ord_0", PAID)
    assert added.placed_at == shop.noon - 5  # of real time
    assert orders.count == 1
