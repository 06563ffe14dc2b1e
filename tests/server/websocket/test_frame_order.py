"""Each client gets publications, lists and replies in order, however they are batched."""

import json

from hypothesis import given
from hypothesis import strategies as st
from websocket import ABNF
from websocket._abnf import frame_buffer

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication
from server.monitoring.counters import Counters
from server.pubsub.hub import Hub
from server.websocket import frame_codec
from server.websocket.batch_writer import BatchWriter
from server.websocket.send_queue import GROUP_SIZE, MAX_TRANSPORT_BUFFER
from server.websocket.slow_consumers import QueueLimits
from tests.server.websocket.simulated_loop import SimulatedLoop

CHANNELS = [Channel.parse(f"public:{name}") for name in "abc"]
CLIENTS = GROUP_SIZE + 8
AT_FIRST = {CHANNELS[0]: range(30), CHANNELS[1]: range(20, CLIENTS)}  # who is subscribed
SEND_S = 0.00005  # so long that a pass has several slices

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.lists(st.integers(0, len(CHANNELS)), max_size=6)),
        st.tuples(st.just("reply"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("fill"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("read"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("join"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, 2))),
        st.tuples(st.just("leave"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, 2))),
        st.tuples(st.just("lose"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("iterate"), st.integers(1, 8)),
    ),
    max_size=50,
)


class Socket:
    """A transport and its socket, which may be full; every third takes little at once."""

    def __init__(self, number, loop):
        self.unread, self.received, self.is_closed = 0, b"", False
        self._takes = 7 if number % 3 == 0 else 1 << 30
        self._loop = loop

    def send(self, data):
        assert not self.is_closed
        self._loop.spend(SEND_S)
        self.received += data[: self._takes]
        return len(data[: self._takes])

    def detach(self):
        self.is_closed = True

    def write(self, data):
        self.received += data

    def get_write_buffer_size(self):
        return self.unread

    def is_closing(self):
        return self.is_closed


class Client:
    """A subscriber, and what it should receive."""

    def __init__(self, number, writer, loop):
        self.id, self.tenant_id = f"c_{number}", ""
        self.socket, self.expected, self.is_lost = Socket(number, loop), [], False
        self._writer = writer
        self.send_queue = writer.open_queue(self.socket, self.socket, self)

    def send(self, frame):
        self._writer.push(self.send_queue, frame)

    def close_slow_consumer(self):
        raise AssertionError("nothing here comes near the limit")


def texts(raw):
    """Read frames back with another implementation."""
    at = 0

    def receive(size):
        nonlocal at
        at += size
        return raw[at - size : at]

    reader = frame_buffer(receive, skip_utf8_validation=False)
    found = []
    while at < len(raw):
        frame = reader.recv_frame()
        assert frame.opcode == ABNF.OPCODE_TEXT
        found.append(json.loads(frame.data))
    return found


@given(STEPS)
def test_every_client_gets_all_its_frames_in_the_order_they_were_accepted(steps):
    loop = SimulatedLoop()
    writer = BatchWriter(
        loop, loop.clock, loop.clock, QueueLimits(1 << 30, 1 << 40, 30.0), Socket.send
    )
    hub = Hub(Counters(), writer.broadcast, lambda: 0.0)
    clients = [Client(number, writer, loop) for number in range(CLIENTS)]
    subscribed = {client: set() for client in clients}
    for client in clients:
        hub.add(client)
    for channel, numbers in AT_FIRST.items():
        for number in numbers:
            hub.subscribe(clients[number], channel)
            subscribed[clients[number]].add(channel)
    number = 0
    for step, what in steps:
        client, channel = what if isinstance(what, tuple) else (what, 0)
        if step in {"reply", "fill", "read", "join", "leave", "lose"}:
            client, channel = clients[client], CHANNELS[channel]
            if client.is_lost:
                continue
        match step:
            case "publish":
                batch = []
                for where in what:
                    number += 1
                    to = CHANNELS[where] if where < len(CHANNELS) else EVERYONE
                    batch.append(
                        Publication(
                            to=to,
                            type="notification",
                            message=b"%d" % number,
                            tenant="shop",
                            accepted_at=0.0,
                        )
                    )
                    for each in clients:
                        if not each.is_lost and (to is EVERYONE or to in subscribed[each]):
                            each.expected.append(number)
                hub.on_publications(batch)
            case "reply":
                number += 1
                client.send(frame_codec.encode_text(b"%d" % number))
                client.expected.append(number)
            case "fill" | "read":
                client.socket.unread = MAX_TRANSPORT_BUFFER + 1 if step == "fill" else 0
            case "join":
                hub.subscribe(client, channel)
                subscribed[client].add(channel)
            case "leave":
                hub.unsubscribe(client, channel)
                subscribed[client].discard(channel)
            case "lose":
                client.is_lost = True
                hub.remove(client, subscribed[client])
                writer.close_queue(client.send_queue)
            case "iterate":
                for _ in range(what):
                    loop.run_iteration()
    for client in clients:
        client.socket.unread = 0
    loop.run()
    for client in clients:
        received = texts(client.socket.received)
        expected = client.expected[: len(received)] if client.is_lost else client.expected
        assert received == expected
