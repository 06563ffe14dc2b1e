"""The dashboard's live state: folds incoming data, returns immutable snapshots.

Every call passes the time.  Nothing is counted twice: rates come from the exact counters of the
traffic reports, the message list and the orders' statuses from their samples, new orders, alerts
and customers from the tenant's channel.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from dashboard.state import channels, inventory
from dashboard.state.active_customers import ActiveCustomers
from dashboard.state.channels import EVERYONE_ADDRESS, EVERYONE_KIND, ChannelActivity, kind_of
from dashboard.state.connection_events import ConnectionHistory
from dashboard.state.inventory import Inventory
from dashboard.state.message_log import LoggedMessage, LogView, MessageBuffer
from dashboard.state.nodes import ClusterStats, NodeAggregator
from dashboard.state.orders import OrderTracker, TrackedOrder
from dashboard.state.recent_traffic import RecentTraffic, RecentTrafficLog
from dashboard.state.shop_periods import ShopPeriod, ShopPeriods
from dashboard.state.stock_alerts import AlertLog, AlertRecord
from dashboard.state.time_series import (
    SETTLE_S,
    Gap,
    GaugeRange,
    GaugeSeries,
    PerSecondCounters,
    PerSecondGauges,
    Series,
)
from protocol.channels import ChannelKind
from protocol.codec import DECODE_ERRORS
from protocol.event_payloads import (
    CustomerActivityPayload,
    CustomerRef,
    InventoryAlertPayload,
    NewOrderPayload,
    OrderUpdatePayload,
)
from protocol.money import decode_money
from protocol.monitoring import ConnectionEvent, Sample, StatsPayload, TrafficPayload
from protocol.simulator_api import ShopLanguage, ShopState, is_order_of_run

MESSAGES, DELIVERIES, ORDERS, ORDERED_AMOUNT = "messages", "deliveries", "orders", "ordered"
MIN_GAP_S = 3.0  # between two reports; a shorter one is a report that was late
MAX_GAPS = 60
LOWS_AFTER_S = 2.5  # of uninterrupted reports of one second
MAX_ANNOUNCEMENTS = 50
ANNOUNCED_S = 600  # as long as the server keeps the messages of a channel
CONNECTIONS, P95_MS = 0, 1  # the gauges of a snapshot
MAX_ENDED_RUNS = 20


class ServerHealth(Struct, frozen=True):
    """Statistics of all server nodes together.

    ``p95_ms`` is the delivery latency of the slowest node, None if nothing was delivered in the
    last minute.
    """

    connections: int = 0
    p95_ms: float | None = None
    nodes: int = 0


class Snapshot(Struct, frozen=True, kw_only=True):
    """An immutable snapshot of the state, from which the pages are drawn.

    ``series`` has sums by second: messages by channel kind, MESSAGES and DELIVERIES without the
    monitor's own, ORDERS and ORDERED_AMOUNT (UAH).  ``gauges`` are CONNECTIONS and P95_MS.
    Data begins at ``known_since``; ``gaps`` are the later intervals that no traffic report covers,
    the current one included.  ``periods`` are the scenarios and pauses of the shop.
    ``not_sampled`` messages were counted but not in a sample.  ``shop`` is the simulator's last
    answer; ``stock.error`` is set while it does not answer.  ``connection_events`` are those of
    the last ten minutes, 1,000 at most, the oldest first; others are only counted.
    ``message_count`` counts the messages since ``started_at``.  ``announcements`` are whole
    messages to all customers of the last ``ANNOUNCED_S``, newest first.  ``reset_at`` is when the
    shop was last reset: nothing in the snapshot is of before, but the nodes' own statistics.
    ``recent_traffic`` are the reports of the last seconds.
    """

    at: float
    started_at: float
    log: LogView
    message_count: int
    not_sampled: int
    types: tuple[str, ...]
    channels: Mapping[str, ChannelActivity]
    series: Series
    health: ServerHealth
    gauges: GaugeSeries
    nodes: ClusterStats
    orders: tuple[TrackedOrder, ...]
    order_count: int
    ordered_amount: Decimal
    alerts: tuple[AlertRecord, ...]
    alert_count: int
    acknowledged: frozenset[int]
    customers: tuple[CustomerRef, ...]
    stock: Inventory
    shop: ShopState | None
    announcements: tuple[Mapping[str, Any], ...]
    known_since: float
    gaps: tuple[Gap, ...]
    periods: tuple[ShopPeriod, ...]
    connection_events: tuple[ConnectionEvent, ...] = ()
    connection_events_left_out: int = 0
    reset_at: float | None = None
    recent_traffic: RecentTraffic = RecentTraffic()

    @property
    def unknown(self) -> tuple[Gap, ...]:
        """The gaps, and the time before the first report."""
        return (Gap(0.0, self.known_since), *self.gaps)


class LiveState:
    """Folds incoming data.  Not thread-safe: the feed holds a lock around it."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._messages, self._recent_traffic = MessageBuffer(), RecentTrafficLog()
        self._not_sampled = 0
        self._types: set[str] = set()
        self._channels: dict[str, ChannelActivity] = {}
        self._counters, self._gauges = PerSecondCounters(), PerSecondGauges()
        self._health = ServerHealth()
        self._nodes, self._connection_history = NodeAggregator(), ConnectionHistory()
        self._orders, self._alerts, self._customers = OrderTracker(), AlertLog(), ActiveCustomers()
        self._inventory = Inventory()
        self._shop: ShopState | None = None
        self._announcements: deque[tuple[float, Mapping[str, Any]]] = deque(
            maxlen=MAX_ANNOUNCEMENTS
        )
        self._gaps: list[Gap] = []
        self._periods = ShopPeriods()
        self._reported_since: float | None = None
        self._reported_until: float | None = None
        self._report_arrived: float | None = None
        self._held_up_since = started_at  # where the next report that was held up begins
        self._stats_since = started_at
        self._stats_at: float | None = None
        self._ended_runs: list[str] = []
        self._messages_before = 0
        self.reset_at: float | None = None
        """When the shop was last reset, None if not since the start."""

    def _reset(self, at: float) -> None:
        """Forget the shop's data and what happened to connections; the nodes' statistics stay."""
        self._started_at = self.reset_at = at
        self._messages.clear()
        self._recent_traffic.clear_reports()
        self._messages_before = self._messages.view().seq
        self._not_sampled = 0
        self._types.clear()
        self._channels.clear()
        self._counters = PerSecondCounters()
        self._orders, self._alerts, self._customers = OrderTracker(), AlertLog(), ActiveCustomers()
        self._inventory = Inventory()
        self._shop = None
        self._announcements.clear()
        self._gaps, self._periods = [], ShopPeriods()
        self._reported_since = self._reported_until = self._report_arrived = None
        self._connection_history.start_at(at)
        self._nodes.count_evictions_from(at)

    def on_traffic(self, traffic: TrafficPayload, at: float) -> None:
        """Apply a traffic report of the monitor, unless it covers time before a reset."""
        if self.reset_at is not None and at - traffic.seconds < self.reset_at:
            return
        until, covered_s = self._note_coverage(at, traffic.seconds)
        sums = {
            EVERYONE_KIND if k == EVERYONE_ADDRESS else k: float(t.messages)
            for k, t in traffic.kinds.items()
        }
        shop_totals = [t for kind, t in traffic.kinds.items() if kind != ChannelKind.MONITOR]
        sums[MESSAGES] = float(sum(t.messages for t in shop_totals))
        sums[DELIVERIES] = float(sum(t.deliveries for t in shop_totals))
        self._counters.add(until, sums, duration_s=covered_s)
        self._not_sampled += traffic.left_out
        channels.add_report(self._channels, traffic, until)
        messages = [self._on_sample(sample, at) for sample in traffic.sample]
        self._recent_traffic.add_traffic(traffic, tuple(filter(None, messages)))

    def _note_coverage(self, at: float, seconds: float) -> tuple[float, float]:
        """Record which time a report covers; return until when, and how many seconds.

        A report that was late also covers the time since the one before.  Those that come together
        with it were held up, too: they cover, one after the other, the time before its arrival.
        """
        since, until, arrived = at - seconds, self._reported_until, self._report_arrived
        self._reported_until = self._report_arrived = at
        if until is None or arrived is None:
            self._reported_since = self._held_up_since = since
        elif at - arrived < seconds / 2:
            begun, self._held_up_since = self._held_up_since, min(self._held_up_since + seconds, at)
            self._shorten_gap(begun, self._held_up_since)
            return self._held_up_since, seconds
        else:
            self._held_up_since = until
            if since - until <= MIN_GAP_S:
                return at, max(seconds, at - until)
            self._gaps = [*self._gaps, Gap(until, since)][-MAX_GAPS:]
        return at, seconds

    def _shorten_gap(self, since: float, until: float) -> None:
        """Let the last gap begin at ``until`` if a report has covered its start."""
        if not self._gaps or self._gaps[-1].until <= since:
            return
        last = self._gaps.pop()
        if last.until - until > MIN_GAP_S:
            self._gaps.append(Gap(until, last.until))

    def _gaps_until(self, at: float) -> tuple[Gap, ...]:
        if self._reported_until is None or at - self._reported_until <= SETTLE_S:
            return tuple(self._gaps)
        return (*self._gaps, Gap(self._reported_until, at))

    def _on_sample(self, sample: Sample, at: float) -> LoggedMessage | None:
        """Add a message to the log; returns None for one that cannot be read."""
        text = bytes(sample.message)
        try:
            message = _header_decoder.decode(text)
        except DECODE_ERRORS:
            self._not_sampled += 1
            return None
        sent = message.timestamp.timestamp() if message.timestamp else at
        logged = self._messages.append(sent, sample.channel, message.type, sample.reached, text)
        self._types.add(message.type)
        if message.type == "order_update" and kind_of(sample.channel) in (
            ChannelKind.ORDER,
            ChannelKind.USER,
        ):
            try:
                update = _order_update_decoder.decode(text).payload
            except DECODE_ERRORS:
                return logged  # of a newer server, which may know more of an order
            if not self._is_of_ended_run(update.order_id):
                self._orders.on_update(update, sent)
        return logged

    def on_stats(self, stats: StatsPayload, at: float) -> None:
        """Apply the nodes' statistics and the events of connections."""
        p95s = [node.latency.p95 for node in stats.nodes if node.latency]
        self._health = ServerHealth(
            sum(node.connections for node in stats.nodes),
            max(p95s, default=None),
            len(stats.nodes),
        )
        self._gauges.set(at, self._connections_range(stats, at), self._health.p95_ms or 0.0)
        self._nodes.update(stats.nodes, at)
        self._connection_history.add(stats, at)
        self._recent_traffic.add_refusals(stats)

    def _connections_range(self, stats: StatsPayload, at: float) -> GaugeRange:
        """Return the connections with their low and high, which cover the last two reports.

        The first reports after an outage cover an unknown time: their lows are left out.
        """
        if self._stats_at is None or at - self._stats_at > MIN_GAP_S:
            self._stats_since = at
        self._stats_at = at
        connections = self._health.connections
        if at - self._stats_since < LOWS_AFTER_S:
            return GaugeRange(connections, connections, connections)
        low = sum(_known(node.connections_low, node.connections) for node in stats.nodes)
        high = sum(_known(node.connections_high, node.connections) for node in stats.nodes)
        return GaugeRange(connections, low, high)

    def on_new_order(self, placed: NewOrderPayload, at: float) -> None:
        """Apply a new order."""
        if self._is_of_ended_run(placed.order.id):
            return
        if self._orders.on_placed(placed.order, at):
            self._counters.add(at, {ORDERS: 1.0, ORDERED_AMOUNT: float(placed.order.total)})

    def on_stock_alert(self, alert: InventoryAlertPayload, at: float) -> None:
        """Apply a stock alert."""
        self._alerts.add(alert, at)

    def acknowledge_alert(self, alert: int) -> None:
        """Mark an alert as seen, for all tabs."""
        self._alerts.acknowledge(alert)

    def on_customer_activity(self, activity: CustomerActivityPayload, at: float) -> None:
        """Apply a customer's activity."""
        self._customers.on_activity(activity, at)

    def on_announcement(self, message: Mapping[str, Any], at: float) -> None:
        """Keep a notification to everyone."""
        self._announcements.appendleft((at, message))

    def on_shop_state(self, shop: ShopState, at: float) -> None:
        """Apply the simulator's state, unless a newer one arrived before it.

        A new run that a command started is a reset: messages of the old run may still arrive, and
        are recognized by the ids of their orders.
        """
        known = self._shop
        if shop.run in self._ended_runs or (
            known is not None and known.run == shop.run and shop.now < known.now
        ):
            return
        if known is not None and known.run != shop.run:
            self._ended_runs = [*self._ended_runs, known.run][-MAX_ENDED_RUNS:]
            if shop.reset_at is not None:
                self._reset(at)
            else:
                self._orders.drop_other_runs(shop.run)
        self._periods.update(shop, at)
        self._orders.reconcile(shop, at)
        self._inventory, self._shop = inventory.update_inventory(self._inventory, shop, at), shop

    @property
    def shop_language(self) -> ShopLanguage:
        """The language of the shop's data; Ukrainian until the simulator has reported it."""
        return self._shop.language if self._shop else ShopLanguage.UKRAINIAN

    def _is_of_ended_run(self, order: str) -> bool:
        return any(is_order_of_run(order, run) for run in self._ended_runs)

    def on_shop_error(self, reason: str) -> None:
        """Record why the simulator did not answer; its last state stays."""
        self._inventory = msgspec.structs.replace(self._inventory, error=reason)

    def snapshot(self, at: float) -> Snapshot:
        """Return a snapshot; takes some hundred microseconds, however much was received."""
        series = self._counters.series(at)
        return Snapshot(
            at=at,
            started_at=self._started_at,
            log=self._messages.view(),
            message_count=self._messages.view().seq - self._messages_before,
            not_sampled=self._not_sampled,
            types=tuple(sorted(self._types)),
            channels=dict(self._channels),
            series=series,
            health=self._health,
            gauges=self._gauges.series(),
            nodes=self._nodes.snapshot(at),
            orders=self._orders.newest_first(),
            order_count=self._orders.count,
            ordered_amount=self._orders.total_amount,
            alerts=self._alerts.newest_first(),
            alert_count=self._alerts.count,
            acknowledged=self._alerts.acknowledged,
            customers=self._customers.active(at),
            stock=self._inventory,
            shop=self._shop,
            known_since=at if self._reported_since is None else self._reported_since,
            gaps=self._gaps_until(at),
            periods=self._periods.snapshot(),
            connection_events=self._connection_history.events,
            connection_events_left_out=self._connection_history.left_out,
            announcements=tuple(
                message for sent, message in self._announcements if sent > at - ANNOUNCED_S
            ),
            reset_at=self.reset_at,
            recent_traffic=self._recent_traffic.snapshot(),
        )


def _known(extreme: int | None, value: int) -> int:
    return value if extreme is None else extreme


class _MessageHeader(Struct, frozen=True):
    type: str
    timestamp: datetime | None = None


class _OrderUpdateMessage(Struct, frozen=True):
    payload: OrderUpdatePayload


_header_decoder = msgspec.json.Decoder(_MessageHeader)
_order_update_decoder = msgspec.json.Decoder(
    _OrderUpdateMessage, dec_hook=decode_money, float_hook=Decimal
)
