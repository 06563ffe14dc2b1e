"""Customers with recent activity."""

from datetime import UTC, datetime

from dashboard.state.active_customers import ACTIVE_S, MAX_CUSTOMERS, ActiveCustomers
from protocol.event_payloads import CustomerAction, CustomerActivityPayload, CustomerRef


def activity(id, action):
    return CustomerActivityPayload(CustomerRef(id, id), action, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_customer_is_active_until_they_leave_or_are_idle_for_long():
    customers = ActiveCustomers()
    customers.on_activity(activity("user_1", CustomerAction.ARRIVED), 0.0)
    customers.on_activity(activity("user_2", CustomerAction.CART), 10.0)
    customers.on_activity(activity("user_2", CustomerAction.CHAT), 20.0)
    assert [customer.id for customer in customers.active(20.0)] == ["user_2", "user_1"]

    customers.on_activity(activity("user_2", CustomerAction.LEFT), 30.0)

    assert [customer.id for customer in customers.active(30.0)] == ["user_1"]
    assert customers.active(ACTIVE_S + 1.0) == ()


def test_customers_are_bounded():
    customers = ActiveCustomers()
    for n in range(MAX_CUSTOMERS + 5):
        customers.on_activity(activity(f"user_{n}", CustomerAction.ARRIVED), 1.0)

    assert len(customers.active(1.0)) == MAX_CUSTOMERS
