"""The broker on a Redis Cluster: channels live in shards, and each keeps its promises there."""

import asyncio
import contextlib
import socket
import subprocess
import time

import pytest
from redis import Redis
from redis.exceptions import RedisError

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication, StreamPosition
from protocol.redis.streams import RedisKeys
from protocol.retention import Retention
from server.monitoring.counters import Counters
from server.pubsub.brokers.redis.broker import RedisBroker, RedisBrokerOptions
from server.redis_client import open_redis
from server.settings import Settings
from server.supervisor import Supervisor

pytestmark = pytest.mark.xdist_group("redis cluster")  # it takes two seconds to start
SHARDS = 3
SLOTS = 16384
ORDERS = [Channel.parse(f"order:ord_{number}") for number in range(12)]


async def recover(broker, channel, since):
    """Recover as a session does that waits for nothing else."""
    return (await broker.recover(channel, since)).finish()


def free_port():
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return asking.getsockname()[1]


@pytest.fixture(scope="module")
def shards(process_group, redis_binary, tmp_path_factory):
    """Start the shards of a Redis Cluster; returns its address."""
    version = subprocess.run([redis_binary, "--version"], capture_output=True, text=True).stdout
    if "v=6." in version:
        pytest.skip("sharded Pub/Sub needs Redis 7")
    clients = []
    with contextlib.ExitStack() as stack:
        for _ in range(SHARDS):
            folder = tmp_path_factory.mktemp("shard")
            port, bus = free_port(), free_port()
            options = ("--port", port, "--cluster-port", bus, "--dir", folder, "--save", "")
            process = subprocess.Popen(
                list(map(str, (redis_binary, *options, "--cluster-enabled", "yes"))),
                stdout=subprocess.DEVNULL,
                process_group=process_group.id,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            client = stack.enter_context(Redis(port=port))
            clients.append((client, port, bus))
            until(lambda client=client: client.ping())
        first, _, _ = clients[0]
        for number, (client, port, bus) in enumerate(clients):
            start, end = SLOTS * number // SHARDS, SLOTS * (number + 1) // SHARDS - 1
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", start, end)
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number:
                first.execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)
        for client, _, _ in clients:
            until(lambda client=client: is_whole(client))
        yield f"redis://127.0.0.1:{clients[0][1]}/0"


def is_whole(client):
    about = client.execute_command("CLUSTER INFO")
    return (about["cluster_state"], about["cluster_known_nodes"]) == ("ok", str(SHARDS))


def until(condition):
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(RedisError):
            if condition():
                return
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
async def start_node(shards, redis_prefix, make_handler):
    async with contextlib.AsyncExitStack() as stack:

        async def start():
            settings = Settings(redis_url=shards, redis_sharded=True, broker_timeout_s=5.0)
            link = await stack.enter_async_context(open_redis(settings))
            options = RedisBrokerOptions(
                prefix=redis_prefix, sharded=True, timeout_s=5.0, retention=Retention(1000, 600.0)
            )
            broker, handler = RedisBroker(link, options, Supervisor(), Counters()), make_handler()
            await stack.enter_async_context(broker.run(handler))
            return broker, handler

        yield start


def publication(number, to):
    return Publication(
        to=to, type="x", message=b"%d" % number, tenant="shop", accepted_at=time.time()
    )


def numbers(publications, to):
    return [int(each.message) for each in publications if each.to == to]


async def test_channels_of_all_shards_reach_another_node_in_order(start_node):
    (a, _), (b, handler) = await start_node(), await start_node()
    for channel in ORDERS:
        handler.channels.add(channel)
        await recover(b, channel, None)
    await b.set_mirrored_tenants({"shop"})
    await b.health_check()

    for number in range(20):
        await a.publish([publication(number, channel) for channel in [*ORDERS, EVERYONE]])
    await handler.count(20 * (len(ORDERS) + 1))
    await handler.until(lambda: len(handler.mirrored) >= 20 * (len(ORDERS) + 1))

    for channel in [*ORDERS, EVERYONE]:
        assert numbers(handler.received, channel) == list(range(20))
        assert numbers(handler.mirrored, channel) == list(range(20))


async def test_missed_publications_are_read_from_each_shard(start_node):
    (a, _), (b, _) = await start_node(), await start_node()
    starts = {channel: (await recover(a, channel, None)).position for channel in ORDERS}
    await asyncio.gather(*(a.publish([publication(1, channel)], "k") for channel in ORDERS))
    await asyncio.gather(*(a.publish([publication(1, channel)], "k") for channel in ORDERS))

    for channel in ORDERS:
        found = await recover(b, channel, starts[channel])
        assert (found.recovered, numbers(found.missed, channel)) == (True, [1])


async def test_channels_without_publications_leave_one_key_in_a_shard(
    start_node, shards, redis_prefix
):
    a, _ = await start_node()
    since = {channel: (await recover(a, channel, None)).position for channel in ORDERS}

    async with open_redis(Settings(redis_url=shards, redis_sharded=True)) as link:
        keys = [key async for key in link.scan_iter(f"{redis_prefix}*")]
    for channel in ORDERS:
        await a.publish([publication(1, channel)])

    assert len(keys) == SHARDS
    assert all(key.endswith(b":data-id") for key in keys)
    for channel, position in since.items():
        assert numbers((await recover(a, channel, position)).missed, channel) == [1]


async def test_an_initial_position_survives_one_failover_up_to_what_the_replica_has(
    start_node, shards, redis_prefix
):
    (a, _), to = await start_node(), ORDERS[0]
    start = (await recover(a, to, None)).position
    await a.publish([publication(1, to), publication(2, to)])
    head = RedisKeys(redis_prefix).log_and_head(to)[1]
    async with open_redis(Settings(redis_url=shards, redis_sharded=True)) as link:

        async def recovered(offset):
            return (await recover(a, to, StreamPosition(start.epoch, offset))).recovered

        await link.hset(head, mapping={"node": "another", "offset": 1})
        assert [await recovered(offset) for offset in (0, 1, 2)] == [True, True, False]
        await link.hset(head, "node", "another")
        assert [await recovered(offset) for offset in (0, 1, 2)] == [False, False, False]
