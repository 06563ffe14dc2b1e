"""Whatever the order in which tasks run: no message is lost or doubled, and limits are exact.

Each test runs with many seeds of a loop that shuffles what is ready; the store, the broker and
the keys take a different time each.
"""

import asyncio

import pytest

from protocol.channels import Channel
from protocol.close_codes import CloseCode
from server.cluster.connection_limits import ClusterConnectionLimiter
from server.cluster.node_registry import NodeRegistry
from tests.server.in_memory_server import InMemoryServer, publication
from tests.shuffled_loop import pause, run_shuffled

SEEDS = range(100)
MESSAGES, LIMIT = 16, 3


class SlowServer(InMemoryServer):
    """Waits wherever a real server may."""

    async def pause(self):
        await pause(3)


class Follower:
    """A client that comes and goes, and wants every message of a channel once."""

    def __init__(self, server, request, channel, wishes):
        self.server, self.request, self.channel, self.wishes = server, request, channel, wishes
        self.place, self.first, self.offsets = None, 0, []

    async def visit(self, *, until=None):
        """Connect, receive for a while, or until an offset, and leave without a word."""
        wire = self.server.connect()
        if self.request == "subscribe" and not self.channel.startswith("public:"):
            self.server.ask(wire, "auth", token="olena:customer:shop")
        since = {"since": self.place} if self.place else {}
        self.server.ask(wire, self.request, **self.wishes, recoverable=True, **since)
        await pause(12)
        read = 0
        while until is not None and not (self.place and self.place["offset"] == until):
            await asyncio.sleep(0)
            self.read(wire.received[read:])
            read = len(wire.received)
        wire.abort()
        self.read(wire.received[read:])

    def read(self, messages):
        """Note the offsets, which follow those of the visit before."""
        for message in messages:
            payload = message["payload"]
            if "epoch" in payload:
                assert payload.get("recovered", True)
                if self.place is None:
                    self.place = {"epoch": payload["epoch"], "offset": payload["offset"]}
                    self.first = payload["offset"] + 1
            elif message.get("channel") == self.channel and "offset" in message:
                assert self.place, "an event came before the confirmation"
                assert message["offset"] == self.place["offset"] + 1
                self.place["offset"] += 1
                self.offsets.append(message["offset"])


FOLLOWED = [
    ("auth", "user:olena", {"token": "olena:customer:shop"}),
    ("subscribe", "order:ord_1", {"channel": "order:ord_1"}),
    ("subscribe", "public:news", {"channel": "public:news"}),
]


def test_a_client_that_comes_and_goes_gets_each_message_once():
    async def scenario():
        server = SlowServer()
        server.change_order_owner("ord_1", "olena")
        async with server.broker.run(server.hub):
            followers = [Follower(server, *each) for each in FOLLOWED]

            async def publish(name):
                for number in range(MESSAGES):
                    await server.publish(publication(Channel.parse(name, "shop"), number))

            async def follow(follower):
                for _ in range(4):
                    await follower.visit()

            await asyncio.gather(
                *(publish(follower.channel) for follower in followers),
                *(follow(follower) for follower in followers),
            )
            await asyncio.gather(
                *(publish(follower.channel) for follower in followers),
                *(follower.visit(until=2 * MESSAGES) for follower in followers),
            )
            for follower in followers:
                assert follower.offsets == list(range(follower.first, 2 * MESSAGES + 1))
        assert server.limiter.in_use == server.hub.subscription_count == 0

    for seed in range(200):
        run_shuffled(seed, scenario())


def test_a_former_owner_gets_nothing_of_what_is_published_afterwards():
    async def scenario():
        server = SlowServer()
        server.change_order_owner("ord_1", "olena")
        async with server.broker.run(server.hub):
            wire = server.connect()
            server.ask(wire, "auth", token="olena:customer:shop")
            server.ask(wire, "subscribe", channel="order:ord_1", recoverable=True)
            await pause(20)
            server.change_order_owner("ord_1", "taras")
            await server.publish(publication(Channel.parse("order:ord_1", "shop"), 1))
            await asyncio.gather(*(pause(20) for _ in range(3)))
            while len(wire.received) < 2:
                await asyncio.sleep(0)

        assert not any(message["type"] == "notification" for message in wire.received)

    for seed in SEEDS:
        run_shuffled(seed, scenario())


def test_a_user_who_is_revoked_while_signing_in_is_not_signed_in():
    async def scenario():
        server = SlowServer()
        wire = server.connect()
        server.ask(wire, "auth", token="olena:customer:shop", recoverable=True)
        async with server.broker.run(server.hub):
            await pause(20)
            server.revoke("olena")
            while not wire.received and wire.close_code is None:
                await asyncio.sleep(0)
            assert wire.close_code is CloseCode.DISCONNECTED or not wire.connection.identity

    for seed in SEEDS:
        run_shuffled(seed, scenario())


def test_exactly_as_many_connections_as_the_limit_are_accepted_of_those_that_come_at_once():
    async def scenario():
        server = SlowServer(connections_per_user=LIMIT)
        async with server.broker.run(server.hub):

            async def come():
                wire = server.connect()
                await pause(5)
                server.ask(wire, "auth", token="olena:customer:shop")
                while not wire.received and wire.close_code is None:
                    await asyncio.sleep(0)
                return wire

            wires = await asyncio.gather(*(come() for _ in range(2 * LIMIT)))
            codes = [wire.close_code for wire in wires]
            assert codes.count(None) == codes.count(CloseCode.TOO_MANY_CONNECTIONS) == LIMIT
            for wire in wires:
                wire.abort()
            assert server.limiter.in_use == 0

            wires = [server.connect() for _ in range(2 * LIMIT)]
            for wire in wires:
                server.ask(wire, "auth", token="olena:customer:shop")
            await pause(10)
            for wire in wires:
                wire.abort()  # wherever its sign-in is
            await asyncio.gather(*(pause(10) for _ in range(5)))
            while len(asyncio.all_tasks()) > 2:
                await asyncio.sleep(0)
            assert server.limiter.in_use == 0

    for seed in SEEDS:
        run_shuffled(seed, scenario())


class Bus:
    """Takes announcements to all nodes in one order, to each in its own time."""

    def __init__(self, *names):
        self.sent = []
        self.registries = {name: NodeRegistry() for name in names}
        self.limiters = {
            name: ClusterConnectionLimiter(
                LIMIT, self.announcing(name), self.registries[name].connections_of
            )
            for name in names
        }

    def announcing(self, name):
        return lambda counts, on_echo: self.sent.append((name, dict(counts), on_echo))

    async def deliver_to(self, name):
        read = 0
        while True:
            await pause(2)
            await asyncio.sleep(0)
            if read < len(self.sent):
                sender, counts, on_echo = self.sent[read]
                read += 1
                if sender != name:
                    self.registries[name].update_counts(sender, counts, is_all=False)
                elif on_echo is not None:
                    on_echo()


@pytest.mark.parametrize("coming", [LIMIT, 2 * LIMIT])
def test_the_limit_is_exact_over_all_nodes(coming):
    async def scenario():
        bus = Bus("a", "b")
        delivering = [asyncio.create_task(bus.deliver_to(name)) for name in "ab"]
        accepted = []

        async def come(name):
            await pause(6)
            if await bus.limiters[name].acquire("olena"):
                accepted.append(name)
            assert len(accepted) <= LIMIT

        await asyncio.gather(*(come("ab"[number % 2]) for number in range(coming)))
        assert len(accepted) == min(coming, LIMIT)
        for name in accepted:
            bus.limiters[name].release("olena")
        assert sum(limiter.in_use for limiter in bus.limiters.values()) == 0
        for task in delivering:
            task.cancel()

    for seed in SEEDS:
        run_shuffled(seed, scenario())
