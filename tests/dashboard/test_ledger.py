"""Alerts and customers as they came."""

from datetime import UTC, datetime

from dashboard.ledger import ABOUT_S, ALERTS, CUSTOMERS, Alerts, Customers
from protocol.events import Activity, CustomerActive, Person


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
    assert [who.id for who in customers.about(20.0)] == ["user_2", "user_1"]

    customers.acted(acted("user_2", Activity.LEFT), 30.0)

    assert [who.id for who in customers.about(30.0)] == ["user_1"]
    assert customers.about(ABOUT_S + 1.0) == ()


def test_customers_are_bounded():
    customers = Customers()
    for n in range(CUSTOMERS + 5):
        customers.acted(acted(f"user_{n}", Activity.ARRIVED), 1.0)

    assert len(customers.about(1.0)) == CUSTOMERS
