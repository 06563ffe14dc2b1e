"""Fixtures of the dashboard's tests: messages of a shop, and a socket without a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from client.sans_io.connection_state import ConnectionState, ConnectionStatus
from dashboard.sources.feed import Feed
from protocol import codec
from protocol.event_payloads import (
    AlertType,
    CustomerRef,
    InventoryAlertPayload,
    NewOrderPayload,
    Order,
    OrderItem,
    OrderStatus,
)
from protocol.messages import InventoryAlert, NewOrder
from protocol.money import Money
from protocol.monitoring import BusyChannel, Sample, TrafficPayload, TrafficTotals
from protocol.simulator_api import ClientPoolState, ProductState, PublisherState, ShopState
from tests.fixtures import NOON, Clock


class Shop:
    """Makes messages of the server and states of the simulator."""

    noon = NOON

    def order(self, id: str = "ord_1", total: str = "1500.00") -> Order:
        return Order(
            id=id,
            number=id.upper().replace("_", "-"),
            total=Money.of(Decimal(total)),
            currency="UAH",
            status=OrderStatus.PENDING,
            customer=CustomerRef("user_1", "Олена Ковальчук"),
            items=(OrderItem("prod_1", "Кобзар", 1, Money.of(Decimal(total))),),
            created_at=datetime.fromtimestamp(NOON, UTC),
        )

    def placed(self, id: str = "ord_1", total: str = "1500.00") -> NewOrderPayload:
        return NewOrderPayload(self.order(id, total))

    def alert(self, left: int = 2, kind: AlertType = AlertType.LOW_STOCK) -> InventoryAlertPayload:
        return InventoryAlertPayload("prod_1", "Кобзар", "BK-1", left, 5, kind, "Київ")

    def message(self, type: str = "cart_update", at: float = NOON, **payload: Any) -> bytes:
        return codec.encode_json(
            {"type": type, "payload": payload, "timestamp": codec.format_timestamp(at)}
        )

    def sample(self, channel: str, message: bytes | None = None) -> Sample:
        return Sample(channel, 1, msgspec.Raw(message or self.message()))

    def traffic(
        self,
        *samples: Sample,
        kinds: dict[str, int] | None = None,
        seconds: float = 1.0,
        **more: Any,
    ) -> TrafficPayload:
        """Make a report; counts by kind are those of the sample unless they are given."""
        if kinds is None:
            kinds = {}
            for one in samples:
                kind = one.channel.partition(":")[0]
                kinds[kind] = kinds.get(kind, 0) + 1
        return TrafficPayload(
            seconds=seconds,
            kinds={
                kind: TrafficTotals(count, 3 * count, 100 * count) for kind, count in kinds.items()
            },
            types={},
            busiest=more.get("busiest", ()),
            sample=samples,
            left_out=more.get("left_out", 0),
        )

    def busy(self, channel: str, messages: int, subscribers: int = 1) -> BusyChannel:
        return BusyChannel(channel, messages, messages, 100, subscribers)

    def stock(self, **left: int) -> ShopState:
        """Make the simulator's answer: one product, so many of it in Київ and Львів."""
        places = {"Київ": left.get("kyiv", 9), "Львів": left.get("lviv", 9)}
        price, noon = Money.of(Decimal("420.00")), datetime.fromtimestamp(self.noon, UTC)
        product = ProductState("prod_1", "BK-1", "Кобзар", "Книги", price, price, 5, places, 0)
        return ShopState(
            started_at=noon,
            now=noon,
            elapsed_s=0.0,
            skipped_s=0.0,
            speed=1.0,
            run="a1",
            seed=7,
            rate=20.0,
            running=True,
            scenarios=(),
            ended=(),
            tenant="shop",
            currency="UAH",
            warehouses=("Київ", "Львів"),
            products=(product,),
            orders=(),
            live_orders=0,
            orders_by_status={},
            publications={},
            revenue_today=Money("0.00"),
            publisher=PublisherState(0, 0, 0, 0, 0, 0),
            presence=ClientPoolState(0, 0, 0, 0),
            customers=(),
        )


@pytest.fixture
def shop() -> Shop:
    return Shop()


class FakeSocket:
    """A ShopWebSocket without a network; a test sets its status and the messages it receives."""

    def __init__(self) -> None:
        self.subscribed: list[str] = []
        self.recovered: list[str] = []
        self.connected = self.disconnected = False
        self._handlers: dict[str, list[Callable[[dict[str, Any]], None]]] = {}
        self._raw_handlers: dict[str, list[Callable[[bytes], None]]] = {}
        self.set_status(ConnectionState.CONNECTING)

    def set_status(self, state: ConnectionState, signed_in: bool = False, **more: Any) -> None:
        fields = {"attempt": 0, "retry_at": None, "close_code": None, "close_reason": ""}
        fields |= {"since": NOON, "round_trip_ms": 2.0} | more
        self._status = ConnectionStatus(state=state, signed_in=signed_in, **fields)

    def live(self) -> None:
        self.set_status(ConnectionState.OPEN, signed_in=True)
        self.receive("auth_success", {"user_id": "workbench"})

    def receive(
        self, type: str, payload: Any, at: float | None = None, channel: str | None = None
    ) -> None:
        """Receive a message; ``at`` is its timestamp, ``channel`` that of a recoverable one."""
        encoded = codec.encode_json(payload)
        for raw_handler in self._raw_handlers.get(type, []):
            raw_handler(encoded)
        plain = codec.decode_json(encoded)
        for handler in self._handlers.get(type, []):
            handler(plain)
        message = {"type": type, "payload": plain}
        if at is not None:
            message["timestamp"] = codec.format_timestamp(at)
        if channel is not None:
            message["channel"] = channel
        for handler in self._handlers.get("*", []):
            handler(message)

    @property
    def status(self) -> ConnectionStatus:
        return self._status

    def on(self, type: str, handler: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        self._handlers.setdefault(type, []).append(handler)
        return lambda: self._handlers[type].remove(handler)

    def on_raw(self, type: str, handler: Callable[[bytes], None]) -> Callable[[], None]:
        self._raw_handlers.setdefault(type, []).append(handler)
        return lambda: self._raw_handlers[type].remove(handler)

    def subscribe(self, channel: str, *, recoverable: bool = False) -> None:
        self.subscribed.append(channel)
        if recoverable:
            self.recovered.append(channel)

    def connect(self) -> None:
        self.connected = True

    def disconnect(self) -> None:
        self.disconnected = True


@pytest.fixture
def socket() -> FakeSocket:
    return FakeSocket()


@pytest.fixture
def feed(socket: FakeSocket, clock: Clock) -> Feed:
    return Feed(socket, "shop", "127.0.0.1:8080", clock)


@pytest.fixture
def busy_feed(feed: Feed, socket: FakeSocket, shop: Shop) -> Feed:
    """A feed that has received messages of every type."""
    socket.live()
    first, then = (
        shop.message(action="item_added", cart={"id": "c", "item_count": n, "total": n})
        for n in (1, 2)
    )
    paid = shop.message("order_update", order_id="ord_1", status="paid")
    socket.receive("new_order", shop.placed())
    socket.receive("inventory_alert", shop.alert())
    socket.receive(
        "traffic",
        shop.traffic(
            shop.sample("user:user_1", first),
            shop.sample("user:user_1", then),
            shop.sample("order:ord_1", paid),
            shop.sample("tenant:shop", codec.encode(NewOrder(payload=shop.placed()))),
            shop.sample("tenant:shop", codec.encode(InventoryAlert(payload=shop.alert()))),
        ),
    )
    feed.on_shop_state(shop.stock())
    return feed
