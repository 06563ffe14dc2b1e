"""The server and the simulator that exercises run against, and what is asked of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from client.http_client import ApiClient, ApiRequestError, decode_response
from client.sync.client import ShopWebSocket
from client.tokens import mint
from protocol.admin_api import ConnectionList
from protocol.channels import Channel, ChannelKind
from protocol.codec import DECODE_ERRORS
from protocol.monitoring import ConnectionEvent, StatsPayload
from protocol.simulator_api import (
    Command,
    CommandResponse,
    ShopState,
    decode_command_response,
    decode_shop_state,
)

ADMIN_ID = "training"
TIMEOUT_S = 10.0
READY_TIMEOUT_S = 5.0
MAX_EVENTS = 1000

ConnectionEvents = Callable[[], Sequence[ConnectionEvent]]
"""Returns the latest events of the server's connection log, oldest first."""


class Environment(Struct, frozen=True):
    """Where exercises run: server, simulator, the secret that tokens are signed with.

    ``connection_events`` gives the server's connection log; without it an exercise that needs
    the log reads it on a connection of its own.
    """

    server_url: str
    socket_url: str
    simulator_url: str
    jwt_secret: str
    tenant: str
    connection_events: ConnectionEvents | None = None

    def token(
        self, user_id: str, role: str, name: str = "", lifetime_s: float = 3600.0, secret: str = ""
    ) -> str:
        """Sign a token, with another secret if one is given."""
        return mint(
            secret or self.jwt_secret,
            user_id=user_id,
            tenant_id=self.tenant,
            role=role,
            name=name or None,
            lifetime_s=lifetime_s,
        )


class SimulatorUnreachable(ApiRequestError):
    """The simulator has not answered."""


class Services:
    """HTTP requests to the server and to the simulator; each blocks for ``TIMEOUT_S`` at most."""

    def __init__(self, environment: Environment) -> None:
        def token(role: str) -> Callable[[], str]:
            return lambda: environment.token(ADMIN_ID, role, ADMIN_ID)

        server, simulator = environment.server_url, environment.simulator_url
        self._as_admin = ApiClient(server, token("admin"), TIMEOUT_S)
        self._as_service = ApiClient(server, token("service"), TIMEOUT_S)
        self._simulator = ApiClient(simulator, token("admin"), TIMEOUT_S)

    def send_command(self, command: Command) -> CommandResponse:
        """Send a command to the simulator.

        Raises:
            SimulatorUnreachable: it has not answered.
            ApiRequestError: the simulator has rejected the command, or the response is not its.
        """
        response = self._ask_simulator(lambda: self._simulator.post("/control", command))
        return decode_response(decode_command_response, response)

    def shop_state(self) -> ShopState:
        """Return the state of the shop.

        Raises:
            SimulatorUnreachable: it has not answered.
            ApiRequestError: the response is not one of a simulator.
        """
        response = self._ask_simulator(lambda: self._simulator.get("/state"))
        return decode_response(decode_shop_state, response)

    def publish(self, body: bytes) -> int:
        """Publish as a service; returns how many connections the publication reached.

        Raises:
            ApiRequestError: the server cannot be reached, or has rejected the publication.
        """
        response = self._as_service.post("/api/publish", body)
        return decode_response(_publish_decoder.decode, response).reached

    def subscriptions(self, user_id: str) -> frozenset[str]:
        """Return the channels of a user's newest connection; none if there is no connection.

        Raises:
            ApiRequestError: the server cannot be reached.
        """
        response = self._as_admin.get(f"/api/connections?{urlencode({'user_id': user_id})}")
        listed = decode_response(_connections_decoder.decode, response).connections
        return frozenset(listed[0].channels) if listed else frozenset()

    def _ask_simulator(self, ask: Callable[[], bytes]) -> bytes:
        try:
            return ask()
        except ApiRequestError as error:
            if error.status is None:
                raise SimulatorUnreachable(str(error)) from None
            raise


class _PublishResponse(Struct, frozen=True):
    reached: int


_publish_decoder = msgspec.json.Decoder(_PublishResponse)
_connections_decoder = msgspec.json.Decoder(ConnectionList[str])


class ConnectionLogReader:
    """The server's connection log, read on a connection of its own.  Thread-safe."""

    def __init__(self, environment: Environment) -> None:
        self._lock = threading.Lock()
        self._events: deque[ConnectionEvent] = deque(maxlen=MAX_EVENTS)
        self._known: set[ConnectionEvent] = set()
        self._is_ready = threading.Event()
        self._socket = ShopWebSocket(
            environment.socket_url, lambda: environment.token(ADMIN_ID, "admin", ADMIN_ID)
        )
        self._socket.on_raw("stats", self._on_stats)
        self._socket.subscribe(str(Channel(ChannelKind.MONITOR, environment.tenant)))
        self._socket.connect()

    def events(self) -> tuple[ConnectionEvent, ...]:
        """Return the latest events, oldest first, once the server has sent what it kept."""
        self._is_ready.wait(READY_TIMEOUT_S)
        with self._lock:
            return tuple(self._events)

    def close(self) -> None:
        """Disconnect."""
        self._socket.disconnect()

    def _on_stats(self, payload: bytes) -> None:
        try:
            stats = _stats_decoder.decode(payload)
        except DECODE_ERRORS:
            return  # of a later version
        with self._lock:
            for event in stats.events:
                if event not in self._known:
                    if len(self._events) == MAX_EVENTS:
                        self._known.discard(self._events[0])
                    self._known.add(event)
                    self._events.append(event)
        if stats.is_full_log:
            self._is_ready.set()


_stats_decoder = msgspec.json.Decoder(StatsPayload)
