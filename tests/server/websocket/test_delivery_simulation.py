"""The batch writer under simulated loads: how much it writes, how late, and what it holds up.

Time is simulated: sending, and accepting a publication, take as long as a load says.  Bounds
follow from `write_budget`; a pass is one write to each subscriber.
"""

from bisect import bisect_left
from dataclasses import dataclass

import pytest

from server.websocket.batch_writer import WRITES_PER_CHECK, BatchWriter
from server.websocket.send_queue import Recipients
from server.websocket.slow_consumers import QueueLimits
from server.websocket.write_budget import (
    BURST_S,
    MAX_PAUSE_S,
    MAX_SHARE,
    MAX_SLICE_S,
)
from tests.server.websocket.simulated_loop import SimulatedLoop

LIMIT = 1 << 20
ACCEPT_S = 0.0001  # to accept a publication and respond to it
FRAME_BYTES = 8


@dataclass
class Load:
    """Publications to all subscribers: open loop if ``per_second`` is given, else closed.

    In a closed loop the publisher sends ``think_s`` after the response.  ``burst`` are
    published at once each time.  Another program takes ``taken_s`` of time during each write.
    """

    subscribers: int = 1000
    write_s: float = 7e-6
    per_second: float | None = None
    think_s: float = 0.0
    burst: int = 1
    taken_s: float = 0.0
    seconds: float = 1.0

    @property
    def pass_s(self):
        return self.subscribers * self.write_s


class Subscriber:
    """A transport and its socket, which takes everything.

    One that is observed checks the order, and notes when each publication was written.
    """

    def __init__(self, server, is_observed=True):
        self.server, self.write_s = server, server.load.write_s
        self.received = 0
        self.times = [] if is_observed else None

    def send(self, data):
        self.server.loop.spend(self.write_s + self.server.load.taken_s)
        self.server.written_at.append(self.server.loop.now)
        first, self.received = self.received, self.received + len(data) // FRAME_BYTES
        if self.times is not None:
            assert data == b"".join(b"%08d" % number for number in range(first, self.received))
            self.times += [self.server.loop.now] * (self.received - first)
        return len(data)

    def detach(self):
        pass

    def write(self, data):
        raise AssertionError("the sockets take everything")

    def get_write_buffer_size(self):
        return 0

    def is_closing(self):
        return False


class Server:
    """A batch writer with its subscribers, which takes publications as they arrive."""

    def __init__(self, load):
        self.load, self.loop = load, SimulatedLoop()
        self.written_at = []
        self.accepted_at, self.round_trips = [], []
        limits = QueueLimits(LIMIT, 1 << 40, 30.0)
        clock = self.loop.clock
        self.writer = BatchWriter(self.loop, clock, self.cpu_clock, limits, Subscriber.send)
        self.subscribers = [Subscriber(self, n % 50 == 0) for n in range(load.subscribers)]
        self.queues = [self.writer.open_queue(each, each, None) for each in self.subscribers]
        self.recipients = Recipients(self.queues)

    def cpu_clock(self):
        return self.loop.now - len(self.written_at) * self.load.taken_s

    def accept(self):
        for _ in range(self.load.burst):
            self.loop.spend(ACCEPT_S)
            self.accepted_at.append(self.loop.now)
            self.writer.broadcast(self.recipients, b"%08d" % (len(self.accepted_at) - 1))

    def arrive(self, sent_at):
        """Read a request, which is handled in the next iteration."""
        self.loop.call_soon(lambda: self.respond(sent_at))

    def respond(self, sent_at):
        self.accept()
        self.round_trips.append(self.loop.now - sent_at)
        if self.load.per_second is None and self.loop.now < self.load.seconds:
            self.send_at(self.loop.now + self.load.think_s)

    def send_at(self, at):
        self.loop.call_at(at, lambda: self.arrive(at))

    def run(self):
        load = self.load
        if load.per_second is None:
            self.send_at(0.0)
        else:
            for number in range(int(load.seconds * load.per_second / load.burst)):
                self.send_at(number * load.burst / load.per_second)
        self.loop.run(until=60.0)
        assert {each.received for each in self.subscribers} == {len(self.accepted_at)}
        return self

    def delays(self):
        """Return how long each publication took, from acceptance to the last observed socket."""
        times = [each.times for each in self.subscribers if each.times is not None]
        written_at = [max(each) for each in zip(*times, strict=True)]
        return [written - at for written, at in zip(written_at, self.accepted_at, strict=True)]

    def share_written(self, since, until):
        """Return the share of a time that was spent writing."""
        first, last = bisect_left(self.written_at, since), bisect_left(self.written_at, until)
        return (last - first) * self.load.write_s / (until - since)

    def writes_per_delivery(self):
        return len(self.written_at) / (len(self.accepted_at) * self.load.subscribers)


LOADS = {
    "one subscriber": Load(subscribers=1, per_second=500),
    "few subscribers": Load(subscribers=26, per_second=100),
    "few subscribers, as fast as they are accepted": Load(subscribers=30),
    "10 per second": Load(per_second=10),
    "60 per second": Load(per_second=60),
    "120 per second": Load(per_second=120),
    "400 per second": Load(per_second=400),
    "800 per second": Load(per_second=800),
    "as fast as they are accepted": Load(),
    "a publisher that is slow to send": Load(think_s=0.005),
    "a publisher that is slower than a pass": Load(think_s=0.02),
    "bursts": Load(per_second=200, burst=20),
    "cheap writes": Load(write_s=1e-6, per_second=400),
    "dear writes": Load(write_s=5e-5, per_second=100),
    "many subscribers": Load(subscribers=5000, per_second=60),
}


@pytest.fixture(params=LOADS.values(), ids=LOADS.keys(), scope="module")
def server(request):
    return Server(request.param).run()


def test_the_loop_is_never_held_for_longer_than_a_slice_and_a_group(server):
    accepting = server.load.burst * ACCEPT_S
    group = WRITES_PER_CHECK * server.load.write_s

    assert server.loop.longest_held_s <= max(accepting, MAX_SLICE_S + group) * 1.001


def test_a_publication_waits_for_no_more_than_a_pass_and_a_pause(server):
    load = server.load
    accepting = 2 * load.burst * ACCEPT_S  # before it, and with it

    assert max(server.delays()) <= 1.25 * load.pass_s + MAX_PAUSE_S + MAX_SLICE_S + accepting


def test_writing_leaves_the_loop_its_share_of_the_time(server):
    load = server.load
    if load.pass_s >= MAX_PAUSE_S * MAX_SHARE / (1 - MAX_SHARE):
        return  # the longest pause is shorter than what such a long pass would need
    for number in range(10):
        since = number * load.seconds / 10
        most = MAX_SHARE + (BURST_S + load.pass_s) / (load.seconds / 10)
        assert server.share_written(since, since + load.seconds / 10) <= most


def test_a_publisher_is_answered_between_two_slices(server):
    load = server.load
    slice_s = MAX_SLICE_S + WRITES_PER_CHECK * load.write_s
    handling = 2 * load.burst * ACCEPT_S

    assert sorted(server.round_trips)[len(server.round_trips) * 9 // 10] <= 2 * slice_s + handling


@pytest.mark.parametrize("per_second", [1, 10, 40, 60])
def test_under_little_load_nothing_waits(per_second):
    server = Server(Load(per_second=per_second)).run()

    assert server.writes_per_delivery() == 1
    assert max(server.delays()) <= server.load.pass_s + 2 * MAX_SLICE_S


def test_time_in_which_another_program_has_the_core_takes_nothing_from_the_budget():
    server = Server(Load(per_second=60, taken_s=7e-6)).run()

    assert server.writes_per_delivery() == 1
    assert max(server.delays()) <= 2 * server.load.pass_s + 2 * MAX_SLICE_S


def test_the_writes_of_a_second_stay_the_same_while_the_load_grows():
    writes = {
        rate: len(Server(Load(per_second=rate)).run().written_at) for rate in (150, 300, 600, 1200)
    }

    most = (MAX_SHARE + BURST_S + 0.05) / 7e-6
    assert max(writes.values()) <= most
    assert min(writes.values()) >= 0.8 * max(writes.values())


@pytest.mark.parametrize("write_s", [4e-6, 7e-6])
def test_what_is_published_more_often_than_once_in_a_period_is_joined(write_s):
    """Whatever a write costs: a fast machine writes less, and not more often."""
    server = Server(Load(per_second=120, write_s=write_s, seconds=5.0)).run()

    assert server.writes_per_delivery() <= 0.8


def test_the_pace_does_not_depend_on_how_fast_a_publisher_is():
    fast, slow = (Server(Load(think_s=think_s)).run() for think_s in (0.0, 0.002))

    assert slow.writes_per_delivery() <= 0.35
    assert fast.writes_per_delivery() <= slow.writes_per_delivery()


def test_subscribers_of_small_channels_do_not_wait_for_large_ones():
    server = Server(Load(per_second=400))
    small = Subscriber(server)
    recipients = Recipients([server.writer.open_queue(small, small, None)])
    delays = []

    def publish():
        at = server.loop.now
        server.writer.broadcast(recipients, b"%08d" % small.received)
        server.writer.when_written(lambda: None)
        expected = small.received + 1

        def look():
            if small.received < expected:
                server.loop.call_soon(look)
            else:
                delays.append(server.loop.now - at)

        server.loop.call_soon(look)

    for number in range(100):
        server.loop.call_at(number / 50, publish)
    server.run()

    assert len(delays) == 100
    assert max(delays) <= 3 * (MAX_SLICE_S + WRITES_PER_CHECK * server.load.write_s)


def test_connections_that_get_different_messages_are_not_delayed_by_the_budget():
    """Where nothing can be joined a pause gains nothing."""
    server = Server(Load(subscribers=2000, per_second=0))
    channels = [Recipients(server.queues[n : n + 20]) for n in range(0, 2000, 20)]
    published = [0] * len(channels)
    delays = []

    def publish(channel):
        at = server.loop.now
        server.writer.broadcast(channels[channel], b"%08d" % published[channel])
        published[channel] += 1
        server.writer.when_written(lambda: delays.append(server.loop.now - at))
        if server.loop.now < 1.0:
            server.loop.call_later(0.04, lambda: publish(channel))

    for channel in range(len(channels)):
        server.loop.call_at(
            channel * 0.04 / len(channels), lambda channel=channel: publish(channel)
        )
    server.loop.run()

    assert [each.received for each in server.subscribers[::20]] == published
    assert sorted(delays)[len(delays) * 9 // 10] <= 0.03


def test_what_is_queued_for_a_callback_is_written_when_it_is_called():
    server = Server(Load(per_second=300, seconds=0.5))
    at_callback = []

    def watch():
        expected = len(server.accepted_at)
        server.writer.when_written(
            lambda: at_callback.append(min(s.received for s in server.subscribers) >= expected)
        )

    for number in range(100):
        server.loop.call_at(number / 200, watch)
    server.run()

    assert at_callback == [True] * 100
