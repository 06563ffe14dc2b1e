"""The log of stock alerts."""

from dashboard.state.stock_alerts import MAX_ALERTS, STILL_LOW, AlertLog
from protocol.event_payloads import AlertType


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


def test_an_acknowledged_alert_stays_so_until_it_is_evicted(shop):
    alerts = AlertLog()
    alerts.add(shop.alert(), 1.0)
    alerts.acknowledge(1)
    assert alerts.acknowledged == {1}

    for _ in range(MAX_ALERTS):
        alerts.add(shop.alert(), 2.0)
    alerts.acknowledge(MAX_ALERTS)

    assert alerts.acknowledged == {MAX_ALERTS}


def test_stock_that_is_back_but_not_over_its_threshold_is_still_low(shop):
    alerts = AlertLog()
    for left in (5, 6):
        alerts.add(shop.alert(left, AlertType.BACK_IN_STOCK), 1.0)

    assert [alert.state for alert in alerts.newest_first()] == ["back_in_stock", STILL_LOW]
