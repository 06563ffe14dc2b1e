"""The dashboard's live state: folds incoming data, returns immutable snapshots.

Knows no socket, thread or clock: every call passes the time.  Nothing is counted twice: numbers
come from the monitor's exact counters, the message list and the orders' statuses from its
sample, new orders, alerts and customers from the tenant's own channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from dashboard import channels, stock
from dashboard.channels import EVERYONE, Activity, kind_of
from dashboard.history import Log, Recorder
from dashboard.ledger import Alerts, AlertSeen, Customers
from dashboard.nodes import Nodes, Register
from dashboard.orderbook import Orders, OrderSeen
from dashboard.rates import Bins, Levels, Series
from dashboard.simulation import ShopState
from dashboard.stock import Stock
from protocol.channels import Kind
from protocol.events import CustomerActive, OrderPlaced, OrderUpdated, Person, StockAlert
from protocol.money import from_wire
from protocol.monitoring import Sample, Stats, Traffic

MESSAGES, DELIVERIES, ORDERS, ORDERED = "messages", "deliveries", "orders", "ordered"
GAP_S = 1.0  # without a report that covers it; less is the network's jitter
GAPS = 20  # that are remembered
PLAYED = 20  # scenarios whose beginning is


class Health(Struct, frozen=True):
    """The server's own numbers, of all nodes together.

    ``p95_ms`` is that of the slowest node, None while nothing was delivered in a minute.
    """

    connections: int = 0
    p95_ms: float | None = None
    nodes: int = 0


class Gap(Struct, frozen=True):
    """An interval that no traffic report covers."""

    since: float
    until: float


class Played(Struct, frozen=True):
    """The observed start of a scenario, by the dashboard's clock."""

    at: float
    name: str


class Snapshot(Struct, frozen=True, kw_only=True):
    """Immutable snapshot; the only thing that pages draw.

    ``series`` sums by second: messages by channel kind, and MESSAGES and DELIVERIES without
    the monitor's own, ORDERS and ORDERED (UAH).  ``health_trends`` are the sparklines of
    connections and p95.  ``left_out`` of the sample were counted but not kept.  ``shop`` is the
    simulator's last answer; ``stock.trouble`` says whether it is still there.
    """

    at: float
    started_at: float
    log: Log
    left_out: int
    types: tuple[str, ...]
    channels: Mapping[str, Activity]
    series: Series
    health: Health
    health_trends: tuple[list[float], ...]
    nodes: Nodes
    orders: tuple[OrderSeen, ...]
    order_count: int
    ordered: Decimal
    alerts: tuple[AlertSeen, ...]
    alert_count: int
    acknowledged: frozenset[int]
    customers: tuple[Person, ...]
    stock: Stock
    shop: ShopState | None
    gaps: tuple[Gap, ...]
    played: tuple[Played, ...]


class State:
    """Folds incoming data.  Not thread-safe: the feed holds a lock."""

    def __init__(self, started_at: float) -> None:
        self._started_at = started_at
        self._recorder = Recorder()
        self._left_out = 0
        self._types: set[str] = set()
        self._channels: dict[str, Activity] = {}
        self._bins, self._levels = Bins(), Levels()
        self._health = Health()
        self._register = Register()
        self._orders, self._alerts, self._customers = Orders(), Alerts(), Customers()
        self._stock = Stock()
        self._shop: ShopState | None = None
        self._gaps: list[Gap] = []
        self._played: list[Played] = []
        self._told_until: float | None = None

    def traffic(self, traffic: Traffic, at: float) -> None:
        """Take a report of the monitor."""
        self._note_gap(at - traffic.seconds)
        self._told_until = at
        sums = {EVERYONE if k == "*" else k: float(t.messages) for k, t in traffic.kinds.items()}
        shops = [tally for kind, tally in traffic.kinds.items() if kind != Kind.MONITOR]
        sums[MESSAGES] = float(sum(tally.messages for tally in shops))
        sums[DELIVERIES] = float(sum(tally.deliveries for tally in shops))
        self._bins.add(at, sums, lasted=traffic.seconds)
        self._left_out += traffic.left_out
        channels.counted(self._channels, traffic, at)
        for sample in traffic.sample:
            self._sampled(sample, at)

    def _note_gap(self, covered_from: float) -> None:
        if self._told_until is not None and covered_from - self._told_until > GAP_S:
            self._gaps = [*self._gaps, Gap(self._told_until, covered_from)][-GAPS:]

    def _sampled(self, sample: Sample, at: float) -> None:
        text = bytes(sample.message)
        message = _envelope.decode(text)
        sent = message.timestamp.timestamp() if message.timestamp else at
        self._recorder.append(sent, sample.channel, message.type, sample.reached, text)
        self._types.add(message.type)
        if message.type == "order_update" and kind_of(sample.channel) in (Kind.ORDER, Kind.USER):
            self._orders.moved(_update.decode(text).payload, sent)

    def stats(self, stats: Stats, at: float) -> None:
        """Take the nodes' health."""
        p95s = [node.latency.p95 for node in stats.nodes if node.latency]
        self._health = Health(
            sum(node.connections for node in stats.nodes),
            max(p95s, default=None),
            len(stats.nodes),
        )
        self._levels.tell(at, self._health.connections, self._health.p95_ms or 0.0)
        self._register.tell(stats.nodes, at)

    def ordered(self, placed: OrderPlaced, at: float) -> None:
        """Take a new order."""
        if self._orders.placed(placed.order, at):
            self._bins.add(at, {ORDERS: 1.0, ORDERED: float(placed.order.total)})

    def alerted(self, alert: StockAlert, at: float) -> None:
        """Take a stock alert."""
        self._alerts.raised(alert, at)

    def acknowledge(self, alert: int) -> None:
        """Note that a person has seen an alert."""
        self._alerts.acknowledge(alert)

    def acted(self, activity: CustomerActive, at: float) -> None:
        """Take what a customer did."""
        self._customers.acted(activity, at)

    def stocked(self, shop: ShopState, at: float) -> None:
        """Take the simulator's answer."""
        before = {one.name for one in self._shop.scenarios} if self._shop else set()
        began = [Played(at, one.name) for one in shop.scenarios if one.name not in before]
        self._played = [*self._played, *began][-PLAYED:]
        if self._shop is not None and self._shop.run != shop.run:
            self._orders.restarted(shop.run)
        self._stock, self._shop = stock.told(self._stock, shop, at), shop

    def stock_unknown(self, why: str) -> None:
        """Note that the simulator did not answer; what it said before stays."""
        self._stock = msgspec.structs.replace(self._stock, trouble=why)

    def snapshot(self, at: float) -> Snapshot:
        """Return this moment; costs some hundred microseconds, whatever was seen before."""
        series = self._bins.series(at)
        return Snapshot(
            at=at,
            started_at=self._started_at,
            log=self._recorder.moment(),
            left_out=self._left_out,
            types=tuple(sorted(self._types)),
            channels=dict(self._channels),
            series=series,
            health=self._health,
            health_trends=self._levels.trends(series.end, names=2),
            nodes=self._register.moment(at),
            orders=self._orders.newest_first(),
            order_count=self._orders.count,
            ordered=self._orders.total,
            alerts=self._alerts.newest_first(),
            alert_count=self._alerts.count,
            acknowledged=self._alerts.acknowledged,
            customers=self._customers.about(at),
            stock=self._stock,
            shop=self._shop,
            gaps=tuple(self._gaps),
            played=tuple(self._played),
        )


class _Envelope(Struct, frozen=True):
    type: str
    timestamp: datetime | None = None


class _Update(Struct, frozen=True):
    payload: OrderUpdated


_envelope = msgspec.json.Decoder(_Envelope)
_update = msgspec.json.Decoder(_Update, dec_hook=from_wire, float_hook=Decimal)
