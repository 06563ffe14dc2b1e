"""A server without sockets, files and clocks: real connections, sessions, hub, broker and limits.

What is written to a client is recorded as messages.  Tokens are their own claims, such as
``olena:customer:shop``.
"""

import json

from protocol.channels import Channel, ChannelKind
from protocol.close_codes import CloseCode
from protocol.publications import Publication
from protocol.retention import Retention
from server.auth.identity import Identity, InvalidToken, Role
from server.cluster.connection_limits import LocalConnectionLimiter
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.connection_monitor import ConnectionMonitor
from server.monitoring.counters import Counters
from server.pubsub.brokers.memory.broker import MemoryBroker
from server.pubsub.hub import Hub
from server.session.dispatcher import ConnectionContext
from server.session.rate_limit import RateLimit
from server.session.session import Session
from server.stores.base import OrderOwnership
from server.websocket.connection import ServerConnection

MASK = b"\0\0\0\0"  # changes nothing


def masked(opcode, payload):
    """Frame up to 65,535 bytes as a client does."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return bytes([128 | opcode]) + length + MASK + payload


class Wire:
    """A connection's transport and send queue: keeps what is written, in order."""

    unsent_bytes = queued_bytes = 0
    socket = None

    def __init__(self):
        self.received = []
        self.close_code = None
        self.connection = None
        self.is_lost = False

    def write(self, frames):
        while frames:
            size, start = frames[1], 2
            if size > 125:
                start = 4 if size == 126 else 10
                size = int.from_bytes(frames[2:start])
            payload, opcode = frames[start : start + size], frames[0] & 15
            frames = frames[start + size :]
            assert self.close_code is None, "written behind a close frame"
            if opcode == 8:
                self.close_code = CloseCode(int.from_bytes(payload[:2]))
            elif opcode == 1:
                self.received.append(json.loads(payload))

    def get_write_buffer_size(self):
        return 0

    def is_closing(self):
        return self.is_lost

    def pause_reading(self):
        pass

    resume_reading = pause_reading

    def close(self):
        if not self.is_lost:
            self.is_lost = True
            self.connection.connection_lost(None)

    abort = close


class RecordingWriter:
    """Stands for the batch writer."""

    def open_queue(self, transport, socket, connection):
        return transport

    def push(self, queue, frames):
        queue.write(frames)

    replace_with = push

    def broadcast(self, recipients, frames):
        for queue in recipients.queues:
            queue.write(frames)

    def close_queue(self, queue):
        pass


class InMemoryServer:
    """Also the backend of its sessions; awaits ``pause`` wherever a real one may wait."""

    def __init__(self, *, retention=100, connections_per_user=10, subscriptions=50):
        self.counters = Counters()
        self.writer = RecordingWriter()
        self.hub = Hub(self.counters, self.writer.broadcast, lambda: 0.0)
        self.broker = MemoryBroker(Retention(retention, 1e9), lambda: 0.0)
        self.limiter = LocalConnectionLimiter(connections_per_user)
        self.orders, self.revoked = {}, set()
        self._subscriptions = subscriptions
        self._count = 0
        monitor = ConnectionMonitor("node-1", ConnectionLog(), self.counters, lambda: 0.0)
        self._context = ConnectionContext(
            hub=self.hub,
            counters=self.counters,
            connection_monitor=monitor,
            clock=lambda: 0.0,
            monotonic=lambda: 0.0,
            max_message_bytes=60_000,
        )

    async def pause(self):
        """Wait as long as a store or a broker might take."""

    def connect(self):
        """Return the wire of a new connection."""
        self._count += 1
        id, wire = f"c_{self._count}", Wire()
        session = Session(id, self, 0.0, 10.0, self._subscriptions, 1e12)
        wire.connection = ServerConnection(
            id,
            session,
            RateLimit(1e9, 1_000_000, 0.0),
            wire,
            None,
            self.writer,
            self._context,
            lambda _connection: None,
        )
        return wire

    def ask(self, wire, type, **payload):
        """Have a client send a request; it is answered later."""
        text = json.dumps({"type": type, "payload": payload, "id": type}).encode()
        wire.connection.data_received(masked(1, text))

    async def publish(self, *publications):
        """Publish, and return when it is accepted."""
        await self.pause()
        await self.broker.publish(publications)

    def change_order_owner(self, order_id, user_id):
        """Give an order to a user of the tenant ``shop``."""
        order = self.orders["shop", order_id] = OrderOwnership(order_id, user_id, "shop")
        for subscriber in list(self.hub.subscribers(Channel(ChannelKind.ORDER, order_id, "shop"))):
            subscriber.on_order_owner_changed(order)

    def revoke(self, user_id):
        """Revoke a user's tokens and close the user's connections, as an admin does."""
        self.revoked.add(user_id)
        for connection in list(self.hub.connections):
            if connection.user_id == user_id:
                connection.close(CloseCode.DISCONNECTED)

    async def verify_token(self, token):
        await self.pause()
        user_id, role, tenant_id = token.split(":")
        if user_id in self.revoked:
            raise InvalidToken
        return Identity(
            user_id=user_id,
            tenant_id=tenant_id,
            role=Role(role),
            name=user_id,
            issued_at=0.0,
            expires_at=1e9,
        )

    async def acquire_connection_slot(self, user_id):
        await self.pause()
        return await self.limiter.acquire(user_id)

    def release_connection_slot(self, user_id):
        self.limiter.release(user_id)

    async def find_order_owner(self, tenant_id, order_id):
        await self.pause()
        return self.orders.get((tenant_id, order_id))

    async def subscribe(self, channel):
        await self.pause()
        await self.broker.subscribe(channel)

    async def recover(self, channel, since):
        await self.pause()
        pending = await self.broker.recover(channel, since)
        await self.pause()
        return pending


def publication(to, number, *, tenant="shop", type="notification", **options):
    """Make a publication with a number in it."""
    return Publication(
        to=to,
        type=type,
        message=b'{"type":"notification","payload":{"number":%d}}' % number,
        tenant=tenant,
        accepted_at=0.0,
        **options,
    )
