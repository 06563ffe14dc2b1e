"""The live state of the dashboard."""

from datetime import UTC, datetime

import msgspec
import pytest

from dashboard.state.live_state import (
    CONNECTIONS,
    DELIVERIES,
    MAX_GAPS,
    MESSAGES,
    ORDERED_AMOUNT,
    ORDERS,
    LiveState,
)
from dashboard.state.message_log import MAX_MESSAGES as KEPT
from protocol.event_payloads import NewOrderPayload, OrderStatus
from protocol.monitoring import LatencyPercentiles, NodeStats, StatsPayload


@pytest.fixture
def state(shop):
    return LiveState(shop.noon)


def node(name="a", connections=3, p95=None):
    latency = LatencyPercentiles(1.0, p95, 9.0) if p95 is not None else None
    return NodeStats(name, 1.0, connections, 1, 1, 1, 1, 1, 1, 1, {}, {}, 0, 0.1, latency)


def test_counts_by_kind_are_the_monitors_not_the_samples(state, shop):
    report = shop.traffic(shop.sample("user:user_1"), kinds={"user": 900, "order": 20})
    state.on_traffic(report, shop.noon + 1)

    series = state.snapshot(shop.noon + 2.6).series

    assert series.rows[int(shop.noon)]["user"] == 900
    assert series.rows[int(shop.noon)]["order"] == 20


def test_counts_the_shops_messages_without_the_monitors_own(state, shop):
    state.on_traffic(shop.traffic(kinds={"user": 4, "*": 1, "monitor": 5}), shop.noon + 1)

    row = state.snapshot(shop.noon + 2).series.rows[int(shop.noon)]

    assert (row[MESSAGES], row[DELIVERIES], row["monitor"], row["everyone"]) == (5, 15, 5, 1)


def test_keeps_the_sample_as_sent_with_the_servers_time(state, shop):
    text = shop.message(at=shop.noon - 0.25, total=5)
    state.on_traffic(shop.traffic(shop.sample("user:user_1", text)), shop.noon)

    (message,) = state.snapshot(shop.noon).log.newest_first()

    assert (message.text, message.channel, message.type) == (text, "user:user_1", "cart_update")
    assert message.at == shop.noon - 0.25


def test_counts_the_messages_that_are_not_in_the_sample(state, shop):
    for n in range(3):
        state.on_traffic(shop.traffic(kinds={"user": 100}, left_out=40), shop.noon + n)

    assert state.snapshot(shop.noon + 3).not_sampled == 120


def test_takes_orders_from_the_tenants_channel_and_their_statuses_from_the_sample(state, shop):
    state.on_new_order(shop.placed(), shop.noon)
    paid = shop.message("order_update", order_id="ord_1", status="paid")

    state.on_traffic(
        shop.traffic(shop.sample("order:ord_1", paid), shop.sample("user:user_1", paid)), shop.noon
    )

    (order,) = state.snapshot(shop.noon).orders
    assert order.status is OrderStatus.PAID


def test_counts_an_order_once_though_it_is_in_the_sample_too(state, shop):
    reported = shop.message("new_order", order={"id": "ord_1", "total": 1500})
    state.on_new_order(shop.placed(), shop.noon)
    state.on_traffic(shop.traffic(shop.sample("tenant:shop", reported)), shop.noon)

    now = state.snapshot(shop.noon + 1)

    assert (now.order_count, now.ordered_amount) == (1, 1500)
    assert now.series.rows[int(shop.noon)][ORDERS] == 1
    assert now.series.rows[int(shop.noon)][ORDERED_AMOUNT] == 1500


def test_sums_the_nodes_and_shows_the_highest_latency(state, shop):
    state.on_stats(StatsPayload((node("a", 3, p95=2.0), node("b", 4, p95=7.5))), shop.noon)

    health = state.snapshot(shop.noon).health

    assert (health.connections, health.p95_ms, health.nodes) == (7, 7.5, 2)


def test_has_no_latency_while_nothing_was_delivered(state, shop):
    state.on_stats(StatsPayload((node(),)), shop.noon)

    assert state.snapshot(shop.noon).health.p95_ms is None


def test_sums_the_lows_and_highs_of_connections_over_the_nodes(state, shop):
    dipped = msgspec.structs.replace(node("a", 20), connections_low=2, connections_high=21)
    for second in range(4):
        state.on_stats(StatsPayload((dipped, node("b", 5))), shop.noon + second)

    snapshot = state.snapshot(shop.noon + 3)

    assert snapshot.gauges.rows[int(shop.noon) + 3][CONNECTIONS] == (25, 7, 26)


def test_leaves_out_the_lows_of_a_time_that_it_has_not_seen(state, shop):
    started = msgspec.structs.replace(node("a", 20), connections_low=0)
    for at in (0, 1, 60, 61):
        state.on_stats(StatsPayload((started,)), shop.noon + at)

    rows = state.snapshot(shop.noon + 61).gauges.rows

    assert [row[CONNECTIONS].low for row in rows.values()] == [20, 20, 20, 20]


def test_records_a_gap_between_reports(state, shop):
    state.on_traffic(shop.traffic(seconds=0.25), shop.noon)
    state.on_traffic(shop.traffic(seconds=0.25), shop.noon + 0.25)
    state.on_traffic(shop.traffic(seconds=0.25), shop.noon + 8.5)

    (gap,) = state.snapshot(shop.noon + 9).gaps

    assert (gap.since, gap.until) == (shop.noon + 0.25, shop.noon + 8.25)


def test_does_not_call_a_late_report_a_gap(state, shop):
    state.on_traffic(shop.traffic(seconds=0.25), shop.noon)
    state.on_traffic(shop.traffic(seconds=5.0), shop.noon + 5.5)

    assert state.snapshot(shop.noon + 6).gaps == ()


def test_is_in_a_gap_while_no_reports_arrive(state, shop):
    state.on_traffic(shop.traffic(), shop.noon)

    snapshot = state.snapshot(shop.noon + 7)

    assert [(gap.since, gap.until) for gap in snapshot.gaps] == [(shop.noon, shop.noon + 7)]
    assert state.snapshot(shop.noon + 1).gaps == ()


def test_knows_nothing_from_before_the_first_report(state, shop):
    assert [gap.until for gap in state.snapshot(shop.noon + 3).unknown] == [shop.noon + 3]

    state.on_traffic(shop.traffic(seconds=1.0), shop.noon + 4)

    assert [gap.until for gap in state.snapshot(shop.noon + 5).unknown] == [shop.noon + 3]


def test_spreads_a_late_report_over_the_time_since_the_one_before(state, shop):
    state.on_traffic(shop.traffic(kinds={"user": 20}), shop.noon)
    state.on_traffic(shop.traffic(kinds={"user": 20}), shop.noon + 2)

    snapshot = state.snapshot(shop.noon + 2)

    assert [snapshot.series.rows[int(shop.noon) + s]["user"] for s in (0, 1)] == [10, 10]
    assert snapshot.gaps == ()


@pytest.mark.parametrize("stall_s", [2, 8])
def test_reports_that_were_held_up_are_no_peak(state, shop, stall_s):
    state.on_traffic(shop.traffic(seconds=0.25, kinds={"user": 5}), shop.noon)
    for n in range(4 * stall_s):
        report = shop.traffic(seconds=0.25, kinds={"user": 5})
        state.on_traffic(report, shop.noon + stall_s + 0.001 * n)

    snapshot = state.snapshot(shop.noon + stall_s + 1)

    rows = [snapshot.series.rows[int(shop.noon) + second]["user"] for second in range(stall_s)]
    assert rows == pytest.approx([20] * stall_s, abs=5.1)
    assert sum(rows) == pytest.approx(20 * stall_s, abs=0.1)
    assert snapshot.gaps == ()


def test_bounds_the_gaps(state, shop):
    for n in range(3 * MAX_GAPS):
        state.on_traffic(shop.traffic(seconds=0.25), shop.noon + 10 * n)

    assert len(state.snapshot(shop.noon).gaps) == MAX_GAPS


def test_lists_alerts_newest_first_and_which_were_acknowledged(state, shop):
    state.on_stock_alert(shop.alert(left=5), shop.noon)
    state.on_stock_alert(shop.alert(left=4), shop.noon + 1)
    state.acknowledge_alert(1)

    now = state.snapshot(shop.noon + 2)

    assert [(alert.id, alert.quantity) for alert in now.alerts] == [(2, 4), (1, 5)]
    assert now.acknowledged == {1}


def test_keeps_the_stock_and_the_error_when_the_simulator_is_unavailable(state, shop):
    state.on_shop_state(shop.stock(kyiv=3), shop.noon)
    state.on_shop_error("cannot connect")

    stock = state.snapshot(shop.noon + 5).stock

    assert (stock.products[0].quantities, stock.at, stock.error) == (
        (3, 9),
        shop.noon,
        "cannot connect",
    )


def test_clears_the_error_when_the_simulator_is_back(state, shop):
    state.on_shop_error("cannot connect")
    state.on_shop_state(shop.stock(), shop.noon)

    assert state.snapshot(shop.noon).stock.error == ""


def test_a_snapshot_is_immutable(state, shop):
    report = shop.traffic(shop.sample("user:user_1"))
    state.on_traffic(report, shop.noon)
    state.on_new_order(shop.placed(), shop.noon)
    snapshot = state.snapshot(shop.noon)

    state.on_traffic(report, shop.noon)
    state.on_new_order(shop.placed("ord_2"), shop.noon)
    state.on_stock_alert(shop.alert(), shop.noon)

    assert (snapshot.log.seq, snapshot.order_count, snapshot.alert_count) == (1, 1, 0)
    assert snapshot.channels["user:user_1"].total == 1


def test_a_snapshot_keeps_its_messages_while_the_buffer_evicts_them(state, shop):
    report = shop.traffic(*[shop.sample("user:user_1")] * 500)
    state.on_traffic(report, shop.noon)
    snapshot = state.snapshot(shop.noon)

    for n in range(KEPT // 500 + 2):
        state.on_traffic(report, shop.noon + n)

    assert [m.seq for m in snapshot.log.newest_first()] == list(range(500, 0, -1))
    assert state.snapshot(shop.noon).log.count >= KEPT


def test_drops_the_open_orders_of_an_earlier_run(state, shop):
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_new_order(shop.placed("ord_a1_1"), shop.noon)
    state.on_shop_state(msgspec.structs.replace(shop.stock(), run="b2"), shop.noon)

    assert state.snapshot(shop.noon).orders == ()


def test_keeps_the_state_of_the_simulator(state, shop):
    assert state.snapshot(shop.noon).shop is None

    state.on_shop_state(shop.stock(), shop.noon)
    state.on_shop_error("cannot connect")

    assert state.snapshot(shop.noon).shop == shop.stock()


def reset(shop, run="b2"):
    """The state of a shop that was reset."""
    noon = datetime.fromtimestamp(shop.noon, UTC)
    return msgspec.structs.replace(shop.stock(), run=run, reset_at=noon)


def order_update(shop, order):
    payload = {"order_id": order.id, "status": "paid", "order": order}
    return shop.message("order_update", **payload)


def test_a_reset_forgets_the_data_of_the_shop(state, shop):
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon)
    state.on_new_order(shop.placed(), shop.noon)
    state.on_stock_alert(shop.alert(), shop.noon)
    state.on_shop_state(reset(shop), shop.noon + 2)
    now = state.snapshot(shop.noon + 2)

    assert (now.log.count, now.orders, now.order_count, now.ordered_amount) == (0, (), 0, 0)
    assert (now.alerts, now.alert_count, now.customers, now.channels) == ((), 0, (), {})
    assert now.periods == ()
    assert now.reset_at == now.started_at == shop.noon + 2


def test_numbers_of_messages_go_on_after_a_reset(state, shop):
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon)
    state.on_shop_state(reset(shop), shop.noon)
    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon + 5)

    assert [message.seq for message in state.snapshot(shop.noon + 5).log.newest_first()] == [2]


def test_a_report_that_covers_time_before_a_reset_is_ignored(state, shop):
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_shop_state(reset(shop), shop.noon + 2)
    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon + 2.9)
    assert state.snapshot(shop.noon + 3).log.count == 0

    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon + 3.9)
    assert state.snapshot(shop.noon + 4).log.count == 1


def test_late_messages_of_the_old_run_do_not_bring_its_orders_back(state, shop):
    old, new, foreign = shop.order("ord_a1_7"), shop.order("ord_b2_1"), shop.order("ord_mine")
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_shop_state(reset(shop), shop.noon)
    for order in (old, new, foreign):
        state.on_new_order(NewOrderPayload(order), shop.noon + 3)
        update = shop.sample(f"order:{order.id}", order_update(shop, order))
        state.on_traffic(shop.traffic(update), shop.noon + 3)

    now = state.snapshot(shop.noon + 3)
    assert {order.id for order in now.orders} == {"ord_b2_1", "ord_mine"}
    assert now.order_count == 2


def test_a_late_state_of_the_old_run_is_ignored(state, shop):
    """
    A poll that began before the reset may be answered after the one that follows the command.
    """
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_shop_state(reset(shop), shop.noon)
    state.on_shop_state(shop.stock(), shop.noon + 1)

    assert state.snapshot(shop.noon + 1).shop.run == "b2"


def test_a_restart_of_the_simulator_is_no_reset(state, shop):
    state.on_shop_state(shop.stock(), shop.noon)
    state.on_traffic(shop.traffic(shop.sample("user:user_1")), shop.noon)
    state.on_shop_state(msgspec.structs.replace(shop.stock(), run="b2"), shop.noon + 1)
    now = state.snapshot(shop.noon + 1)

    assert (now.reset_at, now.log.count) == (None, 1)
