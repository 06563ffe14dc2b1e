"""The feed shared by all tabs: folds WebSocket messages and simulator state.

Knows no Streamlit.  The socket's thread and the poller's write, the tabs read, under one lock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from client.status import Status
from client.threaded import ShopWebSocket
from client.tokens import mint
from dashboard import link
from dashboard.ask import Asker
from dashboard.link import Link
from dashboard.poll import Poller
from dashboard.settings import Settings
from dashboard.simulation import ShopState
from dashboard.state import Snapshot, State
from protocol import codec
from protocol.channels import Channel, Kind
from protocol.events import CustomerActive, OrderPlaced, StockAlert
from protocol.money import from_wire
from protocol.monitoring import Stats, Traffic

log = logging.getLogger(__name__)
USER = "workbench"
ANNOUNCEMENTS = Channel(Kind.PUBLIC, "announcements")
S = TypeVar("S", bound=Struct)
Handler = Callable[[dict[str, Any]], None]


class Socket(Protocol):
    """The part of ``ShopWebSocket`` that the feed uses."""

    @property
    def status(self) -> Status:
        """How the connection is."""

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Call the handler with the payload of every message of the type."""

    def subscribe(self, channel: str, *, recoverable: bool = False) -> None:
        """Hear a channel, after every reconnect too; see ``client.surface.Surface``."""

    def connect(self) -> None:
        """Start."""

    def disconnect(self) -> None:
        """End, and wait for the thread."""


class Feed:
    """Receives and folds messages for all tabs from the moment it is opened."""

    def __init__(
        self,
        socket: Socket,
        tenant: str,
        address: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.address, self.tenant = address, tenant
        self._socket, self._clock = socket, clock
        self._lock = threading.Lock()
        self._state = State(clock())
        self._refused = ""
        self._was_live = False
        self._poller: Poller | None = None
        socket.on("traffic", self._folded(Traffic, self._state.traffic))
        socket.on("stats", self._folded(Stats, self._state.stats))
        socket.on("new_order", self._folded(OrderPlaced, self._state.ordered))
        socket.on("inventory_alert", self._folded(StockAlert, self._state.alerted))
        socket.on("customer_activity", self._folded(CustomerActive, self._state.acted))
        socket.on("auth_success", lambda _: self._signed_in())
        socket.on("auth_error", lambda payload: self._declined(payload.get("error")))
        socket.on("error", lambda payload: self._declined(payload.get("message")))

    def open(self, poller: Poller | None = None) -> None:
        """Connect, and ask the simulator where there is somebody to ask it."""
        for channel in (Channel(Kind.TENANT, self.tenant), ANNOUNCEMENTS):
            self._socket.subscribe(str(channel), recoverable=True)
        self._socket.subscribe(str(self.monitor))  # its reports end with their second
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
    def monitor(self) -> Channel:
        """The channel of the traffic reports."""
        return Channel(Kind.MONITOR, self.tenant)

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._clock()

    def snapshot(self) -> Snapshot:
        """Return an immutable snapshot."""
        with self._lock:
            return self._state.snapshot(self._clock())

    def link(self) -> Link:
        """Return the connection's status."""
        return link.of(
            self._socket.status, self.address, was_live=self._was_live, refused=self._refused
        )

    def acknowledge(self, alert: int) -> None:
        """Note, for all tabs, that a person has seen an alert."""
        with self._lock:
            self._state.acknowledge(alert)

    def look_again(self) -> None:
        """Poll the simulator now, after a command."""
        if self._poller:
            self._poller.ask()

    def hear_stock(self, shop: ShopState) -> None:
        """Apply a state response of the simulator."""
        with self._lock:
            self._state.stocked(shop, self._clock())

    def miss_stock(self, why: str) -> None:
        """Record why the simulator could not be polled."""
        with self._lock:
            self._state.stock_unknown(why)

    def _signed_in(self) -> None:
        self._was_live, self._refused = True, ""

    def _declined(self, why: object) -> None:
        self._refused = str(why)

    def _folded(self, kind: type[S], take: Callable[[S, float], None]) -> Handler:
        """Make a handler that reads a payload as ``kind`` and takes it.

        The client hands out plain values; written again, they are read with their types, and
        the sample's messages as the bytes they came in.
        """
        decoder = msgspec.json.Decoder(kind, dec_hook=from_wire, float_hook=Decimal)

        def handle(payload: dict[str, Any]) -> None:
            try:
                told = decoder.decode(codec.write(payload))
            except msgspec.DecodeError as why:
                log.warning("cannot decode %s: %s", kind.__name__, why)
                return
            with self._lock:
                take(told, self._clock())

        return handle


def admin_token(settings: Settings) -> str:
    """Return a token for the workbench's own admin user."""
    return mint(
        settings.jwt_secret, user_id=USER, tenant_id=settings.tenant, role="admin", name=USER
    )


def open_feed(settings: Settings) -> Feed:
    """Open the feed that these settings ask for."""
    token = partial(admin_token, settings)
    socket = ShopWebSocket(settings.socket_url, token)
    feed = Feed(socket, settings.tenant, settings.server_address)
    feed.open(Poller(Asker(settings.simulator_url, token), feed.hear_stock, feed.miss_stock))
    return feed
