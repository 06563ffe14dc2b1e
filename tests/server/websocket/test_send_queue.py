"""Outboxes: few writes, one order, nobody waited for."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.websocket.batch_writer import BatchWriter, make_recipients
from server.websocket.send_queue import (
    HARD_LIMIT_FACTOR,
    MAX_TRANSPORT_BUFFER,
    SOFT_LIMIT_GRACE_S,
    SendQueue,
)


class Socket:
    """A transport that takes everything until it is told to take nothing."""

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


class House:
    """A flusher, with what it told."""

    def __init__(self):
        self.flushes = 0
        self.stuck = []
        loop = asyncio.get_running_loop()
        self.flusher = BatchWriter(loop)
        self.flusher.on_flushed.append(self._flushed)
        self.flusher.on_blocked.append(self.stuck.append)

    def _flushed(self):
        self.flushes += 1

    def outbox(self, socket):
        return SendQueue(socket, socket.write_now, self.flusher)


@pytest.fixture
async def house():
    return House()


async def test_what_is_pushed_in_one_turn_is_one_write(house):
    socket = Socket()
    outbox = house.outbox(socket)

    for frame in (b"a", b"b", b"c"):
        outbox.push(frame)
    await asyncio.sleep(0)

    assert socket.writes == [b"abc"]
    assert house.flushes == 1


async def test_neighbours_with_equal_frames_share_one_buffer(house):
    sockets = [Socket() for _ in range(3)]
    frame_1, frame_2 = b"first", b"second"

    for outbox in [house.outbox(socket) for socket in sockets]:
        outbox.push(frame_1)
        outbox.push(frame_2)
    await asyncio.sleep(0)

    assert [socket.received for socket in sockets] == [b"firstsecond"] * 3
    assert len({id(socket.writes[0]) for socket in sockets}) == 1


async def test_a_full_socket_is_not_written_to_and_nobody_waits_for_it(house):
    full, fine = Socket(), Socket()
    full.unread = MAX_TRANSPORT_BUFFER + 1
    stuck = house.outbox(full)
    stuck.push(b"later")
    house.outbox(fine).push(b"now")
    await asyncio.sleep(0)

    assert (full.writes, fine.writes) == ([], [b"now"])
    assert house.stuck == [stuck]
    assert stuck.queued_bytes == MAX_TRANSPORT_BUFFER + 1 + len(b"later")


@pytest.mark.parametrize("takes", [0, 1, 4])
async def test_what_a_socket_does_not_take_at_once_goes_through_its_transport(house, takes):
    socket = Socket()
    socket.takes = takes
    outbox = house.outbox(socket)

    outbox.push(b"12345")
    house.flusher.flush()

    assert socket.received == b"12345"
    assert len(socket.writes) == (2 if takes else 1)


async def test_nothing_overtakes_what_the_transport_still_has(house):
    socket = Socket()
    socket.unread = 1
    socket.write_now = None

    outbox = house.outbox(socket)
    outbox.push(b"behind")
    house.flusher.flush()

    assert socket.received == b"behind"


async def test_a_socket_that_reads_again_gets_everything_in_order(house):
    socket = Socket()
    outbox = house.outbox(socket)
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    for number in range(10):
        outbox.push(b"%d" % number)
        await asyncio.sleep(0)

    socket.unread = 0
    while not socket.writes:
        await asyncio.sleep(0)

    assert socket.received == b"0123456789"
    assert outbox.unsent_bytes == 0


async def test_a_last_frame_goes_behind_what_the_socket_has_and_the_rest_is_dropped(house):
    socket = Socket()
    socket.unread = MAX_TRANSPORT_BUFFER + 1
    outbox = house.outbox(socket)
    outbox.push(b"dropped")

    outbox.replace_with(b"goodbye")
    house.flusher.flush()

    assert socket.received == b"goodbye"


async def test_a_socket_that_is_gone_is_not_written_to(house):
    socket = Socket()
    socket.is_gone = True
    outbox = house.outbox(socket)

    outbox.push(b"x")
    outbox.replace_with(b"y")
    house.flusher.flush()

    assert socket.writes == []


async def test_over_its_limit_for_too_long_is_too_slow(house):
    socket = Socket()
    outbox = house.outbox(socket)

    socket.unread = 101
    assert not outbox.exceeds_limit(limit=100, now=0.0)
    assert not outbox.exceeds_limit(limit=100, now=SOFT_LIMIT_GRACE_S)
    assert outbox.exceeds_limit(limit=100, now=SOFT_LIMIT_GRACE_S + 0.1)


async def test_a_client_that_catches_up_is_forgiven(house):
    socket = Socket()
    outbox = house.outbox(socket)

    for moment, unread in ((0.0, 101), (0.9, 100), (1.5, 101)):
        socket.unread = unread
        assert not outbox.exceeds_limit(limit=100, now=moment)


async def test_far_over_its_limit_is_too_slow_at_once(house):
    socket = Socket()
    socket.unread = HARD_LIMIT_FACTOR * 100 + 1

    assert house.outbox(socket).exceeds_limit(limit=100, now=0.0)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["push", "flush", "fill", "read"])),
        max_size=60,
    )
)
def test_every_client_gets_its_frames_in_the_order_they_were_pushed(steps):
    async def story():
        house, sockets = House(), [Socket() for _ in range(4)]
        outboxes = [house.outbox(socket) for socket in sockets]
        pushed = [b""] * 4
        numbers = itertools.count()
        for who, step in steps:
            if step == "push":
                frame = b"<%d>" % next(numbers)
                pushed[who] += frame
                outboxes[who].push(frame)
            elif step == "flush":
                house.flusher.flush()
            else:
                sockets[who].unread = MAX_TRANSPORT_BUFFER + 1 if step == "fill" else 0
        for socket in sockets:
            socket.unread = 0
        house.flusher.flush()
        while any(outbox.unsent_bytes for outbox in outboxes):
            await asyncio.sleep(0)
        assert [socket.received for socket in sockets] == pushed

    asyncio.run(story())


async def test_what_is_for_a_crowd_is_one_write_and_one_buffer_for_all(house):
    sockets = [Socket() for _ in range(3)]
    outboxes = [house.outbox(socket) for socket in sockets]
    everybody = make_recipients(outboxes)

    house.flusher.broadcast(everybody, b"first")
    house.flusher.broadcast(everybody, b"second")
    await asyncio.sleep(0)

    assert [socket.writes for socket in sockets] == [[b"firstsecond"]] * 3
    assert len({id(socket.writes[0]) for socket in sockets}) == 1


async def test_a_reply_neither_overtakes_what_is_for_a_crowd_nor_is_overtaken(house):
    asking, listening = Socket(), Socket()
    outboxes = [house.outbox(asking), house.outbox(listening)]
    everybody = make_recipients(outboxes)

    house.flusher.broadcast(everybody, b"before,")
    outboxes[0].push(b"reply,")
    house.flusher.broadcast(everybody, b"after")
    await asyncio.sleep(0)

    assert asking.received == b"before,reply,after"
    assert listening.received == b"before,after"


async def test_one_of_a_crowd_that_is_full_keeps_its_share_and_no_other_notices(house):
    full, fine = Socket(), Socket()
    outboxes = [house.outbox(full), house.outbox(fine)]
    everybody = make_recipients(outboxes)
    house.flusher.broadcast(everybody, b"1")
    house.flusher.flush()
    full.takes = 0
    full.write = lambda data: setattr(full, "unread", MAX_TRANSPORT_BUFFER + len(data))

    for piece in (b"2", b"3"):
        house.flusher.broadcast(everybody, piece)
        house.flusher.flush()

    assert (full.received, fine.received) == (b"1", b"123")
    assert (house.stuck, outboxes[0].unsent_bytes) == ([outboxes[0]], 1)


async def test_what_an_evicted_client_shared_with_a_crowd_does_not_follow_its_last_frame(house):
    evicted, fine = Socket(), Socket()
    outboxes = [house.outbox(evicted), house.outbox(fine)]
    everybody = make_recipients(outboxes)

    house.flusher.broadcast(everybody, b"news")
    outboxes[0].replace_with(b"close")
    await asyncio.sleep(0)

    assert (evicted.received, fine.received) == (b"close", b"news")


async def test_a_socket_of_a_crowd_that_takes_a_part_gets_the_rest_before_what_comes_next(house):
    slow, fine = Socket(), Socket()
    everybody = make_recipients([house.outbox(slow), house.outbox(fine)])
    house.flusher.broadcast(everybody, b"once written, clear. ")
    house.flusher.flush()
    slow.takes = 3

    for piece in (b"first, ", b"second"):
        house.flusher.broadcast(everybody, piece)
        house.flusher.flush()

    assert slow.received == fine.received == b"once written, clear. first, second"


async def test_one_of_a_crowd_whose_connection_broke_is_passed_over(house):
    broken, fine = Socket(), Socket()
    everybody = make_recipients([house.outbox(broken), house.outbox(fine)])
    house.flusher.broadcast(everybody, b"before,")
    house.flusher.flush()
    broken.breaks = True

    house.flusher.broadcast(everybody, b"after")
    house.flusher.flush()

    assert (broken.received, fine.received) == (b"before,", b"before,after")
