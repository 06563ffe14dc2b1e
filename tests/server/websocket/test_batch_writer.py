"""The batch writer: few writes, frames in order, and no waiting for a full socket."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.websocket.batch_writer import BatchWriter
from server.websocket.send_queue import MAX_TRANSPORT_BUFFER, make_recipients
from server.websocket.slow_consumers import HARD_LIMIT_FACTOR

LIMIT = 1 << 20


class Socket:
    """A transport and its socket, which takes everything unless set otherwise."""

    def __init__(self):
        self.writes = []
        self.unread = 0
        self.takes = 1 << 30
        self.is_gone = self.breaks = False

    @property
    def received(self):
        return b"".join(self.writes)

    def write(self, data):
        self.writes.append(data)

    def write_now(self, data):
        if self.breaks:
            raise ConnectionResetError
        if not self.takes:
            raise BlockingIOError
        taken = data[: self.takes]
        self.writes.append(taken)
        return len(taken)

    def get_write_buffer_size(self):
        return self.unread

    def is_closing(self):
        return self.is_gone


class Connection:
    """Counts how often it is closed as a slow consumer."""

    def __init__(self):
        self.closed = 0

    def close_slow_consumer(self):
        self.closed += 1


class Writer(BatchWriter):
    """A batch writer that counts its flushes."""

    def __init__(self):
        super().__init__(asyncio.get_running_loop(), LIMIT)
        self.flushes = 0
        self.on_flushed.append(self._count_flush)

    def _count_flush(self):
        self.flushes += 1

    def open(self, socket):
        return self.open_queue(socket, socket.write_now, Connection())


@pytest.fixture
async def writer():
    return Writer()


async def test_frames_pushed_in_one_iteration_are_written_once(writer):
    socket = Socket()
    queue = writer.open(socket)

    for frame in (b"a", b"b", b"c"):
        writer.push(queue, frame)
    await asyncio.sleep(0)

    assert socket.writes == [b"abc"]
    assert writer.flushes == 1


async def test_neighbours_with_equal_frames_share_one_buffer(writer):
    sockets = [Socket() for _ in range(3)]
    frame_1, frame_2 = b"first", b"second"

    for queue in [writer.open(socket) for socket in sockets]:
        writer.push(queue, frame_1)
        writer.push(queue, frame_2)
    await asyncio.sleep(0)

    assert [socket.received for socket in sockets] == [b"firstsecond"] * 3
    assert len({id(socket.writes[0]) for socket in sockets}) == 1


async def test_a_full_socket_is_not_written_to_and_does_not_delay_others(writer):
    full, fine = Socket(), Socket()
    full.unread = MAX_TRANSPORT_BUFFER + 1
    stuck = writer.open(full)
    writer.push(stuck, b"later")
    writer.push(writer.open(fine), b"now")
    await asyncio.sleep(0)

    assert (full.writes, fine.writes) == ([], [b"now"])
    assert stuck.queued_bytes == MAX_TRANSPORT_BUFFER + 1 + len(b"later")


@pytest.mark.parametrize("takes", [0, 1, 4])
async def test_what_a_socket_does_not_take_at_once_goes_through_its_transport(writer, takes):
    socket = Socket()
    socket.takes = takes
    queue = writer.open(socket)

    writer.push(queue, b"12345")
    writer.flush()

    assert socket.received == b"12345"
    assert len(socket.writes) == (2 if takes else 1)


async def test_nothing_overtakes_what_the_transport_has_buffered(writer):
    socket = Socket()
    socket.unread = 1
    socket.write_now = None

    queue = writer.open(socket)
    writer.push(queue, b"behind")
    writer.flush()

    assert socket.received == b"behind"


async def test_a_socket_that_drains_gets_everything_in_order(writer):
    socket = Socket()
    queue = writer.open(socket)
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    for number in range(10):
        writer.push(queue, b"%d" % number)
        await asyncio.sleep(0)

    socket.unread = 0
    while not socket.writes:
        await asyncio.sleep(0)

    assert socket.received == b"0123456789"
    assert queue.unsent_bytes == 0


async def test_a_last_frame_replaces_what_is_queued_and_follows_what_the_socket_has(writer):
    socket = Socket()
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    queue = writer.open(socket)
    writer.push(queue, b"dropped")

    writer.replace_with(queue, b"goodbye")
    writer.flush()

    assert socket.received == b"goodbye"


async def test_a_closing_socket_is_not_written_to(writer):
    socket = Socket()
    socket.is_gone = True
    queue = writer.open(socket)

    writer.push(queue, b"x")
    writer.replace_with(queue, b"y")
    writer.flush()

    assert socket.writes == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["push", "flush", "fill", "read"])),
        max_size=60,
    )
)
def test_every_client_gets_its_frames_in_the_order_they_were_pushed(steps):
    async def run():
        writer, sockets = Writer(), [Socket() for _ in range(4)]
        queues = [writer.open(socket) for socket in sockets]
        pushed = [b""] * 4
        numbers = itertools.count()
        for who, step in steps:
            if step == "push":
                frame = b"<%d>" % next(numbers)
                pushed[who] += frame
                writer.push(queues[who], frame)
            elif step == "flush":
                writer.flush()
            else:
                sockets[who].unread = MAX_TRANSPORT_BUFFER + 1 if step == "fill" else 0
        for socket in sockets:
            socket.unread = 0
        writer.flush()
        while any(queue.unsent_bytes for queue in queues):
            await asyncio.sleep(0)
        assert [socket.received for socket in sockets] == pushed

    asyncio.run(run())


async def test_a_broadcast_is_one_write_each_and_one_buffer_for_all(writer):
    sockets = [Socket() for _ in range(3)]
    queues = [writer.open(socket) for socket in sockets]
    recipients = make_recipients(queues)

    writer.broadcast(recipients, b"first")
    writer.broadcast(recipients, b"second")
    await asyncio.sleep(0)

    assert [socket.writes for socket in sockets] == [[b"firstsecond"]] * 3
    assert len({id(socket.writes[0]) for socket in sockets}) == 1


async def test_a_reply_keeps_its_place_between_broadcasts(writer):
    asking, listening = Socket(), Socket()
    queues = [writer.open(asking), writer.open(listening)]
    recipients = make_recipients(queues)

    writer.broadcast(recipients, b"before,")
    writer.push(queues[0], b"reply,")
    writer.broadcast(recipients, b"after")
    await asyncio.sleep(0)

    assert asking.received == b"before,reply,after"
    assert listening.received == b"before,after"


async def test_a_full_recipient_of_a_broadcast_does_not_affect_the_others(writer):
    full, fine = Socket(), Socket()
    queues = [writer.open(full), writer.open(fine)]
    recipients = make_recipients(queues)
    writer.broadcast(recipients, b"1")
    writer.flush()
    full.takes = 0
    full.write = lambda data: setattr(full, "unread", MAX_TRANSPORT_BUFFER + len(data))

    for piece in (b"2", b"3"):
        writer.broadcast(recipients, piece)
        writer.flush()

    assert (full.received, fine.received) == (b"1", b"123")
    assert queues[0].unsent_bytes == 1


async def test_a_pending_broadcast_does_not_follow_the_last_frame_of_a_closed_recipient(writer):
    evicted, fine = Socket(), Socket()
    queues = [writer.open(evicted), writer.open(fine)]
    recipients = make_recipients(queues)

    writer.broadcast(recipients, b"news")
    writer.replace_with(queues[0], b"close")
    await asyncio.sleep(0)

    assert (evicted.received, fine.received) == (b"close", b"news")


async def test_a_recipient_that_takes_a_part_gets_the_rest_before_the_next_broadcast(writer):
    slow, fine = Socket(), Socket()
    recipients = make_recipients([writer.open(slow), writer.open(fine)])
    writer.broadcast(recipients, b"once written, clear. ")
    writer.flush()
    slow.takes = 3

    for piece in (b"first, ", b"second"):
        writer.broadcast(recipients, piece)
        writer.flush()

    assert slow.received == fine.received == b"once written, clear. first, second"


async def test_a_recipient_whose_connection_is_lost_is_skipped(writer):
    broken, fine = Socket(), Socket()
    recipients = make_recipients([writer.open(broken), writer.open(fine)])
    writer.broadcast(recipients, b"before,")
    writer.flush()
    broken.breaks = True

    writer.broadcast(recipients, b"after")
    writer.flush()

    assert (broken.received, fine.received) == (b"before,", b"before,after")


async def test_a_client_far_over_its_limit_is_closed_as_a_slow_consumer(writer):
    slow, fine = Socket(), Socket()
    slow.unread = HARD_LIMIT_FACTOR * LIMIT + 1
    slow_queue, fine_queue = writer.open(slow), writer.open(fine)

    writer.broadcast(make_recipients([slow_queue, fine_queue]), b"x")
    writer.flush()

    assert (slow_queue.connection.closed, fine_queue.connection.closed) == (1, 0)


async def test_a_full_socket_within_its_limit_is_not_closed(writer):
    full = Socket()
    full.unread = MAX_TRANSPORT_BUFFER + 1
    queue = writer.open(full)

    writer.push(queue, b"x")
    writer.flush()

    assert queue.connection.closed == 0
