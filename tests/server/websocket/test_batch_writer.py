"""The batch writer: few writes, frames in order, and no waiting for a full socket."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.websocket.batch_writer import BatchWriter
from server.websocket.send_queue import GROUP_SIZE, MAX_TRANSPORT_BUFFER, Recipients
from server.websocket.slow_consumers import HARD_LIMIT_FACTOR, QueueLimits
from tests.server.websocket.simulated_loop import SimulatedLoop

LIMIT = 1 << 20
TOTAL_LIMIT = 3 << 20


class Socket:
    """A transport and its socket, which takes everything unless set otherwise."""

    def __init__(self):
        self.writes = []
        self.unread = 0
        self.takes = 1 << 30
        self.is_gone = self.breaks = self.is_closed = False
        self.before_send = lambda: None

    @property
    def received(self):
        return b"".join(self.writes)

    def write(self, data):
        self.writes.append(data)

    def send(self, data):
        self.before_send()
        if self.breaks or self.is_closed:
            raise ConnectionResetError
        if not self.takes:
            raise BlockingIOError
        taken = data[: self.takes]
        self.writes.append(taken)
        return len(taken)

    def detach(self):
        self.is_closed = True

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
    """A batch writer with a loop of its own, whose callbacks take no time."""

    def __init__(self):
        self.loop = SimulatedLoop()
        limits = QueueLimits(LIMIT, TOTAL_LIMIT, 30.0)
        super().__init__(self.loop, self.loop.clock, self.loop.clock, limits, Socket.send)

    def open(self, socket):
        return self.open_queue(socket, socket, Connection())

    def open_all(self, sockets):
        return Recipients([self.open(socket) for socket in sockets])

    def flush(self):
        """Write what can be written now."""
        self.loop.run_ready()


@pytest.fixture
def writer():
    return Writer()


def many(number=3 * GROUP_SIZE):
    """Enough sockets for a broadcast that is not urgent."""
    return [Socket() for _ in range(number)]


def test_frames_pushed_in_one_iteration_are_written_once(writer):
    socket = Socket()
    queue = writer.open(socket)

    for frame in (b"a", b"b", b"c"):
        writer.push(queue, frame)
    writer.flush()

    assert socket.writes == [b"abc"]


def test_neighbours_with_equal_frames_share_one_buffer(writer):
    sockets = [Socket() for _ in range(3)]
    queues = [writer.open(socket) for socket in sockets]
    frames = (b"before", b"first", b"second")

    for queue in queues:
        writer.push(queue, frames[0])
    writer.flush()  # from now on nothing is in the transports
    for queue in queues:
        writer.push(queue, frames[1])
        writer.push(queue, frames[2])
    writer.flush()

    assert [socket.received for socket in sockets] == [b"".join(frames)] * 3
    assert len({id(socket.writes[-1]) for socket in sockets}) == 1


def test_a_full_socket_is_not_written_to_and_does_not_delay_others(writer):
    full, fine = Socket(), Socket()
    full.unread = MAX_TRANSPORT_BUFFER + 1
    stuck = writer.open(full)
    writer.push(stuck, b"later")
    writer.push(writer.open(fine), b"now")
    writer.flush()

    assert (full.writes, fine.writes) == ([], [b"now"])
    assert stuck.queued_bytes == MAX_TRANSPORT_BUFFER + 1 + len(b"later")


@pytest.mark.parametrize("takes", [0, 1, 4])
def test_what_a_socket_does_not_take_at_once_goes_through_its_transport(writer, takes):
    socket = Socket()
    socket.takes = takes
    queue = writer.open(socket)

    writer.push(queue, b"12345")
    writer.flush()

    assert socket.received == b"12345"
    assert len(socket.writes) == (2 if takes else 1)


def test_nothing_overtakes_what_the_transport_has_buffered(writer):
    socket = Socket()
    socket.unread = 1
    socket.breaks = True

    queue = writer.open(socket)
    writer.push(queue, b"behind")
    writer.flush()

    assert socket.received == b"behind"


def test_a_socket_that_drains_gets_everything_in_order(writer):
    socket = Socket()
    queue = writer.open(socket)
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    for number in range(10):
        writer.push(queue, b"%d" % number)
        writer.flush()

    socket.unread = 0
    writer.loop.run()

    assert socket.received == b"0123456789"
    assert queue.unsent_bytes == 0


def test_a_last_frame_replaces_what_is_queued_and_follows_what_the_socket_has(writer):
    socket = Socket()
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    queue = writer.open(socket)
    writer.push(queue, b"dropped")

    writer.replace_with(queue, b"last")
    writer.flush()

    assert socket.received == b"last"


def test_a_closing_socket_is_not_written_to(writer):
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
    writer.loop.run()

    assert [socket.received for socket in sockets] == pushed


def test_a_broadcast_is_one_write_each_and_one_buffer_for_a_group(writer):
    sockets = many()
    recipients = writer.open_all(sockets)

    writer.broadcast(recipients, b"before")
    writer.flush()  # from now on nothing is in the transports
    writer.broadcast(recipients, b"first")
    writer.broadcast(recipients, b"second")
    writer.flush()

    assert [socket.writes for socket in sockets] == [[b"before", b"firstsecond"]] * len(sockets)
    assert len({id(socket.writes[-1]) for socket in sockets}) == len(sockets) // GROUP_SIZE


@pytest.mark.parametrize("number", [2, 3 * GROUP_SIZE])
def test_a_reply_keeps_its_place_between_broadcasts(writer, number):
    asking, *listening = many(number)
    recipients = writer.open_all([asking, *listening])

    writer.broadcast(recipients, b"before,")
    writer.push(recipients.queues[0], b"reply,")
    writer.broadcast(recipients, b"after")
    writer.flush()

    assert asking.received == b"before,reply,after"
    assert {each.received for each in listening} == {b"before,after"}


def test_broadcasts_to_overlapping_channels_keep_their_order(writer):
    sockets = many()
    queues = writer.open_all(sockets).queues
    everyone, half = Recipients(queues), Recipients(queues[: len(queues) // 2])

    for channel, data in ((everyone, b"1"), (half, b"2"), (everyone, b"3"), (half, b"4")):
        writer.broadcast(channel, data)
    writer.flush()

    assert [each.received for each in sockets] == (
        [b"1234"] * len(half.queues) + [b"13"] * (len(sockets) - len(half.queues))
    )


def test_a_group_is_made_current_again_after_another_channels(writer):
    sockets = many()
    queues = writer.open_all(sockets).queues
    first, second = Recipients(queues), Recipients(queues)
    for channel in (first, second, first):
        writer.broadcast(channel, b"x")
        writer.flush()

    assert all(queue.group in first.groups for queue in queues)


def test_a_full_recipient_of_a_broadcast_does_not_affect_the_others(writer):
    full, *fine = many()
    recipients = writer.open_all([full, *fine])
    writer.broadcast(recipients, b"1")
    writer.flush()
    full.takes = 0
    full.write = lambda data: setattr(full, "unread", MAX_TRANSPORT_BUFFER + len(data))

    for piece in (b"2", b"3"):
        writer.broadcast(recipients, piece)
        writer.flush()

    assert full.received == b"1"
    assert {each.received for each in fine} == {b"123"}
    assert recipients.queues[0].unsent_bytes == 1


def test_a_pending_broadcast_does_not_follow_the_last_frame_of_a_closed_recipient(writer):
    evicted, *fine = many()
    recipients = writer.open_all([evicted, *fine])

    writer.broadcast(recipients, b"news")
    writer.replace_with(recipients.queues[0], b"close")
    writer.flush()

    assert evicted.received == b"close"
    assert {each.received for each in fine} == {b"news"}


def test_a_connection_that_is_closed_within_a_pass_gets_what_was_queued(writer):
    leaving, *staying = many()
    recipients = writer.open_all([leaving, *staying])
    writer.broadcast(recipients, b"before")
    writer.flush()

    writer.broadcast(recipients, b",news")
    writer.close_queue(recipients.queues[0])
    assert (leaving.received, leaving.is_closed) == (b"before,news", True)
    writer.flush()

    assert leaving.received == b"before,news"
    assert {each.received for each in staying} == {b"before,news"}


def test_nothing_is_written_to_a_closed_connection(writer):
    closed, *staying = many()
    recipients = writer.open_all([closed, *staying])
    writer.broadcast(recipients, b"1")
    writer.flush()

    writer.close_queue(recipients.queues[0])
    writer.broadcast(recipients, b"2")
    writer.push(recipients.queues[0], b"3")
    writer.flush()

    assert closed.received == b"1"
    assert {each.received for each in staying} == {b"12"}


def test_a_recipient_that_takes_a_part_gets_the_rest_before_the_next_broadcast(writer):
    slow, *fine = many()
    recipients = writer.open_all([slow, *fine])
    writer.broadcast(recipients, b"once written, clear. ")
    writer.flush()
    slow.takes = 3

    for piece in (b"first, ", b"second"):
        writer.broadcast(recipients, piece)
        writer.flush()

    assert {each.received for each in (slow, *fine)} == {b"once written, clear. first, second"}


def test_a_recipient_whose_connection_is_lost_is_skipped(writer):
    sockets = many()
    recipients = writer.open_all(sockets)
    writer.broadcast(recipients, b"before,")
    writer.flush()
    broken = sockets[5]
    broken.breaks = True

    writer.broadcast(recipients, b"after")
    writer.flush()

    assert broken.received == b"before,"
    assert {each.received for each in sockets if each is not broken} == {b"before,after"}


def test_what_is_published_within_a_pass_is_joined_in_the_next(writer):
    sockets = many()
    recipients = writer.open_all(sockets)
    for each in sockets:
        each.before_send = partial(writer.loop.spend, 0.0001)
    writer.broadcast(recipients, b"0")
    writer.loop.run()

    writer.broadcast(recipients, b"1")
    for _ in range(2):  # the first slice
        writer.loop.run_iteration()
    writer.broadcast(recipients, b"2")
    writer.broadcast(recipients, b"3")
    writer.loop.run()

    assert sockets[0].writes == [b"0", b"1", b"23"]
    assert sockets[-1].writes == [b"0", b"123"]


def test_a_client_far_over_its_limit_is_closed_as_a_slow_consumer(writer):
    slow, fine = Socket(), Socket()
    slow.unread = HARD_LIMIT_FACTOR * LIMIT + 1
    slow_queue, fine_queue = writer.open(slow), writer.open(fine)

    writer.broadcast(Recipients([slow_queue, fine_queue]), b"x")
    writer.flush()

    assert (slow_queue.connection.closed, fine_queue.connection.closed) == (1, 0)


def test_a_full_socket_within_its_limit_is_not_closed(writer):
    full = Socket()
    full.unread = MAX_TRANSPORT_BUFFER + 1
    queue = writer.open(full)

    writer.push(queue, b"x")
    writer.flush()

    assert queue.connection.closed == 0


@pytest.mark.parametrize("left", [0, 1])
def test_a_burst_long_after_another_one_has_the_whole_grace_period(writer, left):
    socket = Socket()
    queue = writer.open(socket)
    for _ in range(2):
        socket.takes = 0
        writer.push(queue, b"x")
        writer.flush()
        socket.unread = LIMIT + 1
        writer.push(queue, b"x")
        writer.flush()
        socket.takes, socket.unread = 1 << 30, left
        writer.loop.run()
        writer.loop.spend(100.0)

    assert queue.connection.closed == 0


def test_the_fullest_queue_is_closed_once_all_together_exceed_their_limit(writer):
    sockets = [Socket() for _ in range(4)]
    queues = [writer.open(socket) for socket in sockets]
    for socket in sockets:
        socket.unread = MAX_TRANSPORT_BUFFER + 1
    for queue in queues:
        writer.push(queue, b"x" * (700 << 10))
    writer.flush()
    assert [queue.connection.closed for queue in queues] == [0, 0, 0, 0]

    writer.push(queues[2], b"x" * (300 << 10))
    writer.flush()

    assert [queue.connection.closed for queue in queues] == [0, 0, 1, 0]
