"""Each client gets publications, lists and replies in order, however they are batched."""

import asyncio
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
from server.websocket.send_queue import MAX_TRANSPORT_BUFFER

CHANNELS = [Channel.parse(f"public:{name}") for name in "abc"]
CLIENTS = 4

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.lists(st.integers(0, len(CHANNELS)), max_size=6)),
        st.tuples(st.just("reply"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("fill"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("read"), st.integers(0, CLIENTS - 1)),
        st.tuples(st.just("join"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, 2))),
        st.tuples(st.just("leave"), st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, 2))),
        st.tuples(st.just("flush"), st.none()),
    ),
    max_size=50,
)


class Client:
    """A subscriber with a socket that may be full, and what it should receive."""

    def __init__(self, number, writer):
        self.id, self.tenant_id = f"c_{number}", ""
        self.unread, self.received, self.expected = 0, b"", []
        self._writer = writer
        self.send_queue = writer.open_queue(self, self.take, self)

    def send(self, frame):
        self._writer.push(self.send_queue, frame)

    def close_slow_consumer(self):
        raise AssertionError("nothing here comes near the limit")

    def take(self, data):
        self.received += data[:7]  # a socket that takes little at once
        return len(data[:7])

    def write(self, data):
        self.received += data

    def get_write_buffer_size(self):
        return self.unread

    def is_closing(self):
        return False


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
    async def run():
        writer = BatchWriter(asyncio.get_running_loop(), 1 << 30)
        hub = Hub(Counters(), writer.broadcast, lambda: 0.0)
        clients = [Client(number, writer) for number in range(CLIENTS)]
        subscribed = {client: set() for client in clients}
        for client in clients:
            hub.add(client)
        number = 0
        for step, what in steps:
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
                        for client in clients:
                            if to is EVERYONE or to in subscribed[client]:
                                client.expected.append(number)
                    hub.on_publications(batch)
                case "reply":
                    number += 1
                    clients[what].send(frame_codec.encode_text(b"%d" % number))
                    clients[what].expected.append(number)
                case "fill" | "read":
                    clients[what].unread = MAX_TRANSPORT_BUFFER + 1 if step == "fill" else 0
                case "join":
                    hub.subscribe(clients[what[0]], CHANNELS[what[1]])
                    subscribed[clients[what[0]]].add(CHANNELS[what[1]])
                case "leave":
                    hub.unsubscribe(clients[what[0]], CHANNELS[what[1]])
                    subscribed[clients[what[0]]].discard(CHANNELS[what[1]])
                case "flush":
                    writer.flush()
        for client in clients:
            client.unread = 0
        writer.flush()
        while any(client.send_queue.unsent_bytes for client in clients):
            await asyncio.sleep(0)
        for client in clients:
            assert texts(client.received) == client.expected

    asyncio.run(run())
