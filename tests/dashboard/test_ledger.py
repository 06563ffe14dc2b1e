"""Orders, alerts and customers as they came."""

from datetime import UTC, datetime
from decimal import Decimal

from dashboard.ledger import ABOUT_S, ALERTS, CUSTOMERS, ORDERS, Alerts, Customers, Orders
from protocol.events import Activity, CustomerActive, OrderStatus, Person


def test_the_newest_order_comes_first(shop):
    orders = Orders()
    for n in range(3):
        orders.placed(shop.order(f"ord_{n}"), float(n))

    assert [order.id for order in orders.newest_first()] == ["ord_2", "ord_1", "ord_0"]


def test_an_order_told_twice_counts_once(shop):
    orders = Orders()

    assert [orders.placed(shop.order(total="10.10"), 1.0) for _ in range(2)] == [True, False]
    assert (orders.count, orders.total) == (1, Decimal("10.10"))


def test_the_sum_of_orders_is_exact_to_the_kopeck(shop):
    orders = Orders()
    for n in range(1000):
        orders.placed(shop.order(f"ord_{n}", total="0.10"), 1.0)

    assert orders.total == Decimal("100.00")


def test_an_order_follows_its_status_and_keeps_its_place(shop):
    orders = Orders()
    orders.placed(shop.order("ord_1"), 1.0)
    orders.placed(shop.order("ord_2"), 2.0)

    orders.moved("ord_1", OrderStatus.DELIVERED)

    newest, older = orders.newest_first()
    assert (older.id, older.status, older.is_open) == ("ord_1", OrderStatus.DELIVERED, False)
    assert newest.is_open


def test_an_order_from_before_our_time_stays_unknown():
    orders = Orders()

    orders.moved("ord_0", OrderStatus.PAID)

    assert orders.newest_first() == ()


def test_orders_are_bounded_but_all_are_counted(shop):
    orders = Orders()
    for n in range(ORDERS + 5):
        orders.placed(shop.order(f"ord_{n}"), float(n))

    assert (len(orders.newest_first()), orders.count) == (ORDERS, ORDERS + 5)


def test_alerts_are_bounded_but_all_are_counted(shop):
    alerts = Alerts()
    for n in range(ALERTS + 5):
        alerts.raised(shop.alert(), float(n))

    newest, *_ = alerts.newest_first()
    assert (len(alerts.newest_first()), alerts.count, newest.id) == (ALERTS, ALERTS + 5, ALERTS + 5)


def test_an_alert_that_was_seen_stays_seen_until_it_is_forgotten(shop):
    alerts = Alerts()
    alerts.raised(shop.alert(), 1.0)
    alerts.acknowledge(1)
    assert alerts.acknowledged == {1}

    for _ in range(ALERTS):
        alerts.raised(shop.alert(), 2.0)
    alerts.acknowledge(ALERTS)

    assert alerts.acknowledged == {ALERTS}


def acted(id, action):
    return CustomerActive(Person(id, id), action, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_customer_is_about_until_they_leave_or_do_nothing_for_long():
    customers = Customers()
    customers.acted(acted("user_1", Activity.ARRIVED), 0.0)
    customers.acted(acted("user_2", Activity.CART), 10.0)
    customers.acted(acted("user_2", Activity.CHAT), 20.0)
    assert customers.about(20.0) == 2

    customers.acted(acted("user_2", Activity.LEFT), 30.0)

    assert customers.about(30.0) == 1
    assert customers.about(ABOUT_S + 1.0) == 0


def test_customers_are_bounded():
    customers = Customers()
    for n in range(CUSTOMERS + 5):
        customers.acted(acted(f"user_{n}", Activity.ARRIVED), 1.0)

    assert customers.about(1.0) == CUSTOMERS
