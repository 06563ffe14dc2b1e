"""Alerts and customers as they came."""

from datetime import UTC, datetime

from dashboard.state.stock_alerts import (
    ACTIVE_S,
    MAX_ALERTS,
    MAX_CUSTOMERS,
    ActiveCustomers,
    AlertLog,
)
from protocol.event_payloads import CustomerAction, CustomerActivityPayload, CustomerRef


def test_alerts_are_bounded_but_all_are_counted(shop):
    alerts = AlertLog()
    for n in range(MAX_ALERTS + 5):
        alerts.add(shop.alert(), float(n))

    newest, *_ = alerts.newest_first()
    assert (len(alerts.newest_first()), alerts.count, newest.id) == (
        MAX_ALERTS,
        MAX_ALERTS + 5,
        MAX_ALERTS + 5,
    )


def test_an_alert_that_was_seen_stays_seen_until_it_is_forgotten(shop):
    alerts = AlertLog()
    alerts.add(shop.alert(), 1.0)
    alerts.acknowledge(1)
    assert alerts.acknowledged == {1}

    for _ in range(MAX_ALERTS):
        alerts.add(shop.alert(), 2.0)
    alerts.acknowledge(MAX_ALERTS)

    assert alerts.acknowledged == {MAX_ALERTS}


def acted(id, action):
    return CustomerActivityPayload(CustomerRef(id, id), action, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_customer_is_about_until_they_leave_or_do_nothing_for_long():
    customers = ActiveCustomers()
    customers.on_activity(acted("user_1", CustomerAction.ARRIVED), 0.0)
    customers.on_activity(acted("user_2", CustomerAction.CART), 10.0)
    customers.on_activity(acted("user_2", CustomerAction.CHAT), 20.0)
    assert [who.id for who in customers.active(20.0)] == ["user_2", "user_1"]

    customers.on_activity(acted("user_2", CustomerAction.LEFT), 30.0)

    assert [who.id for who in customers.active(30.0)] == ["user_1"]
    assert customers.active(ACTIVE_S + 1.0) == ()


def test_customers_are_bounded():
    customers = ActiveCustomers()
    for n in range(MAX_CUSTOMERS + 5):
        customers.on_activity(acted(f"user_{n}", CustomerAction.ARRIVED), 1.0)

    assert len(customers.active(1.0)) == MAX_CUSTOMERS
