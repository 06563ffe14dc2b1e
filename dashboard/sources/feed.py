"""The feed shared by all tabs: folds WebSocket messages and simulator state.

The threads of the socket and of the poller write, the tabs read, under one lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from client.http_client import ApiClient
from client.sans_io.codec import parse_timestamp
from client.sans_io.connection_state import ConnectionStatus
from client.sans_io.subscriptions import is_temporary_error
from client.sync.client import ShopWebSocket
from client.tokens import mint
from dashboard.settings import Settings
from dashboard.sockets import socket_status
from dashboard.sockets.socket_status import SocketStatus
from dashboard.sources.simulator_poller import SimulatorPoller
from dashboard.state.live_state import LiveState, Snapshot
from protocol import codec
from protocol.channels import Channel, ChannelKind
from protocol.event_payloads import CustomerActivityPayload, InventoryAlertPayload, NewOrderPayload
from protocol.money import decode_money
from protocol.monitoring import StatsPayload, TrafficPayload
from protocol.simulator_api import ShopLanguage, ShopState

log = logging.getLogger(__name__)
WORKBENCH_USER_ID = "workbench"
ANNOUNCEMENTS = Channel(ChannelKind.PUBLIC, "announcements")
S = TypeVar("S", bound=Struct)
Handler = Callable[[dict[str, Any]], None]
RawHandler = Callable[[bytes], None]


class FeedSocket(Protocol):
    """The part of ``ShopWebSocket`` that the feed uses."""

    @property
    def status(self) -> ConnectionStatus:
        """The state of the connection."""

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Call the handler with the payload of every message of a type, or whole ones for ``*``."""

    def on_raw(self, type: str, handler: RawHandler) -> Callable[[], None]:
        """Call the handler with the undecoded payload of every message of the type."""

    def subscribe(self, channel: str, *, recoverable: bool = False) -> None:
        """Subscribe to a channel, also after every reconnect; see ``client.base.BaseClient``."""

    def connect(self) -> None:
        """Start the connection's thread."""

    def disconnect(self) -> None:
        """Disconnect and wait for the thread."""


class Feed:
    """Receives and folds messages for all tabs from the moment it is opened."""

    def __init__(
        self,
        socket: FeedSocket,
        tenant: str,
        server_address: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.server_address, self.tenant = server_address, tenant
        self._socket, self._clock = socket, clock
        self._lock = threading.Lock()
        self._live_state = LiveState(clock())
        self._last_refusal = ""
        self._has_been_live = False
        self._poller: SimulatorPoller | None = None
        socket.on_raw(
            "traffic", self._decoding_handler(TrafficPayload, self._live_state.on_traffic)
        )
        socket.on_raw("stats", self._decoding_handler(StatsPayload, self._live_state.on_stats))
        socket.on("*", self._on_message)
        socket.on("auth_success", lambda _: self._on_auth_success())
        socket.on("auth_error", lambda payload: self._on_refusal(payload.get("error")))
        socket.on("error", self._on_error)

    def open(self, poller: SimulatorPoller | None = None) -> None:
        """Connect, and start the poller if there is one."""
        for channel in (Channel(ChannelKind.TENANT, self.tenant), ANNOUNCEMENTS):
            self._socket.subscribe(str(channel), recoverable=True)
        self._socket.subscribe(str(self.monitor_channel))  # each report is of one second
        self._socket.connect()
        self._poller = poller
        if poller:
            poller.start()

    def close(self) -> None:
        """Disconnect and stop polling."""
        self._socket.disconnect()
        if self._poller:
            self._poller.close()

    @property
    def monitor_channel(self) -> Channel:
        """The channel of the traffic reports."""
        return Channel(ChannelKind.MONITOR, self.tenant)

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._clock()

    def snapshot(self) -> Snapshot:
        """Return an immutable snapshot."""
        with self._lock:
            return self._live_state.snapshot(self._clock())

    def status(self) -> SocketStatus:
        """Return the connection's status."""
        return socket_status.socket_status(
            self._socket.status,
            self.server_address,
            has_been_live=self._has_been_live,
            last_refusal=self._last_refusal,
        )

    def acknowledge_alert(self, alert_id: int) -> None:
        """Mark an alert as seen, for all tabs."""
        with self._lock:
            self._live_state.acknowledge_alert(alert_id)

    @property
    def shop_language(self) -> ShopLanguage:
        """The language of the shop's data; Ukrainian until the simulator has reported it."""
        with self._lock:
            return self._live_state.shop_language

    @property
    def reset_at(self) -> float | None:
        """When the shop was last reset, None if not since the feed was opened."""
        with self._lock:
            return self._live_state.reset_at

    def refresh_shop_state(self) -> None:
        """Poll the simulator now, after a command."""
        if self._poller:
            self._poller.poll_once()

    def on_shop_state(self, shop: ShopState) -> None:
        """Apply a state response of the simulator."""
        with self._lock:
            self._live_state.on_shop_state(shop, self._clock())

    def on_shop_error(self, reason: str) -> None:
        """Record why the simulator could not be polled."""
        with self._lock:
            self._live_state.on_shop_error(reason)

    def _on_message(self, message: dict[str, Any]) -> None:
        """Apply a message of the shop at its own time: after an outage it is an old one."""
        now = self._clock()
        at = min(parse_timestamp(message.get("timestamp")) or now, now)
        payload = message.get("payload")
        try:
            with self._lock:
                match message["type"]:
                    case "new_order":
                        self._live_state.on_new_order(_decode(payload, NewOrderPayload), at)
                    case "inventory_alert":
                        self._live_state.on_stock_alert(_decode(payload, InventoryAlertPayload), at)
                    case "customer_activity":
                        activity = _decode(payload, CustomerActivityPayload)
                        self._live_state.on_customer_activity(activity, at)
                    case "notification" if _is_announcement(message):
                        self._live_state.on_announcement(message, at)
                    case _:
                        pass
        except codec.DECODE_ERRORS as error:
            log.warning("cannot decode %s: %s", message["type"], error)

    def _on_auth_success(self) -> None:
        self._has_been_live, self._last_refusal = True, ""

    def _on_error(self, payload: dict[str, Any]) -> None:
        """Handle a rejected subscription; the feed sends no other requests."""
        if is_temporary_error(payload):
            log.warning("subscribing again, as it failed: %s", payload.get("message"))
        else:
            self._on_refusal(payload.get("message"))

    def _on_refusal(self, reason: object) -> None:
        self._last_refusal = str(reason)

    def _decoding_handler(
        self, payload_type: type[S], apply: Callable[[S, float], None]
    ) -> RawHandler:
        """Make a handler that decodes a payload and applies it.

        The payload is undecoded, so the messages of a traffic sample stay byte for byte.
        """
        decoder = msgspec.json.Decoder(payload_type, dec_hook=decode_money, float_hook=Decimal)

        def handle(payload: bytes) -> None:
            try:
                decoded = decoder.decode(payload)
                with self._lock:
                    apply(decoded, self._clock())
            except (*codec.DECODE_ERRORS, OverflowError) as error:
                log.warning("cannot decode %s: %s", payload_type.__name__, error)

        return handle


def _is_announcement(message: Mapping[str, Any]) -> bool:
    """Tell whether every customer receives a message, and not only the staff or the feed's user.

    What comes by a recoverable subscription names its channel; a message to everyone has none.
    """
    return message.get("channel") in (None, str(ANNOUNCEMENTS))


def _decode(payload: object, payload_type: type[S]) -> S:
    return msgspec.convert(payload, payload_type, dec_hook=decode_money)


def admin_token(settings: Settings) -> str:
    """Return a token for the workbench's own admin user."""
    return mint(
        settings.jwt_secret,
        user_id=WORKBENCH_USER_ID,
        tenant_id=settings.tenant,
        role="admin",
        name=WORKBENCH_USER_ID,
    )


def open_feed(settings: Settings) -> Feed:
    """Connect the feed that the settings describe."""
    token = partial(admin_token, settings)
    socket = ShopWebSocket(settings.socket_url, token, recoverable=True)
    feed = Feed(socket, settings.tenant, settings.server_address)
    feed.open(
        SimulatorPoller(
            ApiClient(settings.simulator_url, token), feed.on_shop_state, feed.on_shop_error
        )
    )
    return feed
