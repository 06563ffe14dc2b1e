"""A Redis Cluster that loses a master, a node, or all of them for a while.

Whatever was accepted is received, or its subscribers learn that there is a gap; and a server that
says it is ready receives.
"""

import asyncio
import contextlib
import itertools
import signal
import socket
import subprocess
import time

import pytest
from redis import Redis
from redis.exceptions import RedisError

SLOTS = 16384
MASTERS = 3
SLOTS_AT_A_TIME = 500
NODE_TIMEOUT_MS = 1500
CHANNELS = [f"public:c{number}" for number in range(6)]
RECOVERY_TIMEOUT_S = 15  # after the Redis Cluster says that it is whole
pytestmark = pytest.mark.timeout(240)


def free_port():
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return asking.getsockname()[1]


def until(condition, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(RedisError):
            if condition():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


class RedisNode:
    """One node of the Redis Cluster, which can be killed and started again."""

    def __init__(self, binary, folder, group):
        self.port, self.bus_port = free_port(), free_port()
        self.client = Redis(port=self.port)
        self._command = [binary, "--port", self.port, "--cluster-port", self.bus_port]
        self._command += ["--dir", folder, "--save", "", "--appendonly", "yes"]
        self._command += ["--cluster-enabled", "yes", "--cluster-node-timeout", NODE_TIMEOUT_MS]
        self._command += ["--repl-diskless-sync-delay", "0"]
        self._command += ["--cluster-allow-replica-migration", "no"]
        self._group = group
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            list(map(str, self._command)), stdout=subprocess.DEVNULL, process_group=self._group.id
        )
        until(self.client.ping)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        self.client.close()

    @property
    def id(self):
        return self.client.execute_command("CLUSTER", "MYID").decode()

    def info(self, name):
        return self.client.execute_command("CLUSTER INFO")[name]

    def is_whole(self):
        return (self.info("cluster_state"), self.info("cluster_slots_ok")) == ("ok", str(SLOTS))


class RedisCluster:
    """Three masters; the first has a replica."""

    def __init__(self, nodes):
        self.masters, self.replica = nodes[:MASTERS], nodes[MASTERS]
        first = nodes[0]
        for number, node in enumerate(self.masters):
            start, end = SLOTS * number // MASTERS, SLOTS * (number + 1) // MASTERS - 1
            node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", start, end)
            node.client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in nodes[1:]:
            first.client.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus_port)
        known = str(len(nodes))
        for node in nodes:
            until(
                lambda node=node: (
                    node.client.execute_command("CLUSTER INFO")["cluster_known_nodes"] == known
                )
            )
        until(lambda: self.replica.client.execute_command("CLUSTER", "REPLICATE", first.id))
        for node in nodes:
            until(node.is_whole)
        until(lambda: self.replica.client.info("replication")["master_link_status"] == "up")

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.masters[1].port}/0"

    def wait_until_whole(self, *nodes):
        for node in nodes:
            until(node.is_whole)


@pytest.fixture
def redis_cluster(process_group, redis_binary, tmp_path):
    version = subprocess.run([redis_binary, "--version"], capture_output=True, text=True).stdout
    if "v=6." in version:
        pytest.skip("sharded Pub/Sub needs Redis 7")
    with contextlib.ExitStack() as stack:
        nodes = []
        for number in range(MASTERS + 1):
            folder = tmp_path / f"redis{number}"
            folder.mkdir()
            nodes.append(RedisNode(redis_binary, folder, process_group))
            stack.callback(nodes[-1].close)
        yield RedisCluster(nodes)


class Traffic:
    """Publishes to all channels in turn, and knows what was accepted."""

    def __init__(self, server):
        self._server, self._numbers = server, itertools.count(1)
        self.accepted = {channel: [] for channel in CHANNELS}

    async def run(self):
        async with asyncio.TaskGroup() as group:
            for channel in itertools.cycle(CHANNELS):
                group.create_task(self._publish(channel, next(self._numbers)))
                await asyncio.sleep(0.01)

    async def _publish(self, channel, number):
        payload = {"id": f"{number}", "title": "t", "body": "b"}
        what = {"channel": channel, "type": "notification", "payload": payload}
        with contextlib.suppress(ConnectionError, TimeoutError):
            status, _ = await self._server.publish(what)
            if status == 200:
                self.accepted[channel].append(number)


class Subscriber:
    """Receives all channels recoverably; knows what came, and which channels had gaps."""

    def __init__(self, client):
        self._client = client
        self.received = {channel: [] for channel in CHANNELS}
        self.gaps = dict.fromkeys(CHANNELS, 0)
        self._changed = asyncio.Event()

    async def run(self):
        positions = {}
        while isinstance(message := await self._receive(), dict):
            payload = message["payload"]
            if message["type"] == "subscribed" and payload.get("recovered") is False:
                self.gaps[payload["channel"]] += 1
            elif message["type"] == "notification":
                number = int(payload["id"])
                channel = CHANNELS[(number - 1) % len(CHANNELS)]
                assert message["offset"] > positions.get((channel, self.gaps[channel]), 0)
                positions[channel, self.gaps[channel]] = message["offset"]
                self.received[channel].append(number)
            self._changed.set()

    async def _receive(self):
        frame = await self._client.socket.receive()
        return frame.json() if frame.data and isinstance(frame.data, str) else None

    async def until(self, condition, timeout_s=RECOVERY_TIMEOUT_S):
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def server(serve, redis_cluster, redis_prefix):
    return await serve(
        redis_url=redis_cluster.url, redis_sharded=True, redis_prefix=redis_prefix, node="a"
    )


@pytest.fixture
async def traffic_and_subscriber(server):
    client = await server.connect()
    for channel in CHANNELS:
        reply = await client.subscribe(channel, recoverable=True)
        assert reply["type"] == "subscribed"
    traffic, subscriber = Traffic(server), Subscriber(client)
    tasks = [asyncio.create_task(each.run()) for each in (traffic, subscriber)]
    await subscriber.until(lambda: all(subscriber.received.values()), timeout_s=60)
    yield traffic, subscriber
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        assert task.cancelled() or not task.exception()


async def assert_everything_works_again(server, traffic, subscriber, token):
    """Within 15 s what is accepted is received, and the server says that it is ready."""
    before = {channel: len(numbers) for channel, numbers in traffic.accepted.items()}
    async with asyncio.timeout(RECOVERY_TIMEOUT_S):
        while (await server.request("GET", "/readyz"))[0] != 200:
            await asyncio.sleep(0.1)
        while any(len(traffic.accepted[c]) < before[c] + 5 for c in CHANNELS):
            await asyncio.sleep(0.05)
    wanted = {channel: traffic.accepted[channel][-1] for channel in CHANNELS}
    await subscriber.until(lambda: all(wanted[c] in subscriber.received[c] for c in CHANNELS))
    for path in ("/api/connections", "/api/channels", "/api/nodes"):
        status, _ = await server.request("GET", path, token("boss", "admin"))
        assert status == 200
    for channel in CHANNELS:
        accepted = {number for number in traffic.accepted[channel] if number <= wanted[channel]}
        lost = accepted - set(subscriber.received[channel])
        assert not lost or subscriber.gaps[channel], f"{channel} lost {sorted(lost)} silently"


async def test_a_redis_cluster_loses_a_master_then_a_node_then_all_nodes_for_five_seconds(
    server, redis_cluster, traffic_and_subscriber, token
):
    """
    One test, as a Redis Cluster takes seconds to start.
    """
    traffic, subscriber = traffic_and_subscriber
    killed, staying, leaving = redis_cluster.masters

    killed.kill()
    nodes = [staying, leaving, redis_cluster.replica]
    await asyncio.to_thread(redis_cluster.wait_until_whole, *nodes)
    await assert_everything_works_again(server, traffic, subscriber, token)

    nodes.remove(leaving)
    await asyncio.to_thread(move_all_slots, leaving, staying, nodes)
    leaving.kill()
    await assert_everything_works_again(server, traffic, subscriber, token)

    for node in nodes:
        node.process.send_signal(signal.SIGKILL)
    await asyncio.sleep(5)  # the outage
    for node in nodes:
        await asyncio.to_thread(node.process.wait)
    for node in nodes:
        await asyncio.to_thread(node.start)
    await asyncio.to_thread(redis_cluster.wait_until_whole, *nodes)
    await assert_everything_works_again(server, traffic, subscriber, token)


def move_all_slots(leaving, staying, others):
    """Move the slots of a node with their keys, then make the others forget it."""
    source, target = leaving.id, staying.id
    for first in range(SLOTS * 2 // MASTERS, SLOTS, SLOTS_AT_A_TIME):
        slots = range(first, min(first + SLOTS_AT_A_TIME, SLOTS))
        on_each(staying, slots, "CLUSTER SETSLOT {} IMPORTING", source)
        on_each(leaving, slots, "CLUSTER SETSLOT {} MIGRATING", target)
        while keys := keys_in(leaving, slots):
            for key in keys:
                leaving.client.execute_command("MIGRATE", "127.0.0.1", staying.port, key, 0, 5000)
        for node in (staying, leaving, *(node for node in others if node is not staying)):
            on_each(node, slots, "CLUSTER SETSLOT {} NODE", target)
    for node in others:
        node.client.execute_command("CLUSTER", "FORGET", source)


def keys_in(node, slots):
    return [*itertools.chain(*on_each(node, slots, "CLUSTER GETKEYSINSLOT {}", 1000))]


def on_each(node, slots, command, argument):
    """Send a command for each slot; returns the answers."""
    with node.client.pipeline(transaction=False) as pipeline:
        for slot in slots:
            pipeline.execute_command(*command.format(slot).split(), argument)
        return pipeline.execute()
