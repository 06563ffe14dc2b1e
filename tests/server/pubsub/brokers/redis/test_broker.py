"""The broker of a cluster: two servers and a real Redis, which is cut, stalled and killed."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import pytest

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from protocol.redis.streams import RedisKeys
from protocol.retention import Retention
from server.monitoring.counters import Counters
from server.pubsub.brokers.base import BrokerUnavailable
from server.pubsub.brokers.redis.broker import RedisBroker, RedisBrokerOptions
from server.redis_client import open_redis
from server.settings import Settings
from server.supervisor import Supervisor

NEWS, STAFF = Channel.parse("public:news"), Channel.parse("tenant:shop")
SAFE = ("--appendonly", "yes", "--appendfsync", "always")


async def recover(broker, channel, since):
    """Recover as a session does that waits for nothing else."""
    return (await broker.recover(channel, since)).finish()


class Node:
    """One server's broker, and the handler of its events."""

    def __init__(self, broker, handler, link):
        self.broker, self.handler, self.link = broker, handler, link

    async def join(self, channel=NEWS, since=None):
        """Subscribe to a channel recoverably, as a connection does."""
        found = await recover(self.broker, channel, since)
        self.handler.channels.add(channel)
        return found

    async def publish(self, *numbers, to=NEWS, **options):
        await self.broker.publish([publication(n, to) for n in numbers], **options)

    async def publish_until_accepted(self, number):
        while True:
            try:
                return await self.publish(number)
            except BrokerUnavailable:
                await asyncio.sleep(0.01)


def publication(number, to=NEWS, **more):
    return Publication(
        to=to, type="x", message=b"%d" % number, tenant="shop", accepted_at=time.time(), **more
    )


def numbers(publications):
    return [int(each.message) for each in publications]


@pytest.fixture
async def start_node(redis_prefix, make_handler):
    """Start one server's broker on a Redis."""
    async with AsyncExitStack() as stack:

        async def start(redis, *, timeout_s=5.0, messages=1000, kind=RedisBroker):
            settings = Settings(redis_url=redis.url, broker_timeout_s=timeout_s)
            link = await stack.enter_async_context(open_redis(settings))
            options = RedisBrokerOptions(
                prefix=redis_prefix,
                sharded=False,
                timeout_s=timeout_s,
                retention=Retention(messages, 600.0),
                cleanup_interval_s=0.05,
            )
            node = Node(kind(link, options, Supervisor(), Counters()), make_handler(), link)
            await stack.enter_async_context(node.broker.run(node.handler))
            return node

        yield start


@pytest.fixture
async def nodes(start_node, redis_server):
    return await start_node(redis_server), await start_node(redis_server)


async def subscribers(node, channel, prefix):
    ((_, count),) = await node.link.pubsub_numsub(RedisKeys(prefix).channel(channel))
    return count


async def test_publications_reach_the_other_node_in_order(nodes):
    a, b = nodes
    await b.join()

    for number in range(100):
        await a.publish(number)

    assert numbers(await b.handler.count(100)) == list(range(100))
    assert a.handler.received == []


async def test_all_nodes_deliver_in_the_same_order_whichever_publishes(nodes):
    a, b = nodes
    await a.join()
    await b.join()

    await asyncio.gather(*(node.publish(n) for n in range(50) for node in nodes))
    await a.handler.count(100)
    await b.handler.count(100)

    assert a.handler.received == b.handler.received


async def test_a_node_subscribes_only_to_channels_with_subscribers(nodes, redis_prefix):
    a, b = nodes
    await a.join()

    assert await subscribers(b, NEWS, redis_prefix) == 1
    a.handler.channels.clear()
    async with asyncio.timeout(20):
        while await subscribers(b, NEWS, redis_prefix):
            await asyncio.sleep(0.01)


async def test_a_channel_unsubscribed_and_subscribed_again_misses_nothing(nodes):
    a, b = nodes
    start = await a.join()
    a.handler.channels.clear()
    async with asyncio.timeout(20):
        while NEWS in a.broker._cursors:
            await asyncio.sleep(0.01)
    await b.publish(1, 2)

    found = await a.join(since=start.position)

    assert (found.recovered, numbers(found.missed)) == (True, [1, 2])


async def test_a_publication_repeated_with_its_idempotency_key_is_published_once(nodes):
    a, b = nodes
    await b.join()

    await a.publish(1, 2, idempotency_key="k")
    await b.publish(1, 2, idempotency_key="k")
    await a.publish(3, idempotency_key="other")

    assert numbers(await b.handler.count(3)) == [1, 2, 3]


async def test_a_lost_connection_is_restored_and_misses_nothing(nodes):
    a, b = nodes
    await b.join()
    for number in range(50):
        await a.publish(number)
        if number % 10 == 5:
            await a.link.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    assert numbers(await b.handler.count(50)) == list(range(50))
    assert b.handler.gaps == []


class LaggingBroker(RedisBroker):
    """Handles each message late, as a node does that is behind."""

    async def _on_message(self, name, data):
        await asyncio.sleep(0.05)
        await super()._on_message(name, data)


async def test_a_first_recovery_skips_nothing_that_is_still_on_its_way(start_node, redis_server):
    a, b = await start_node(redis_server), await start_node(redis_server, kind=LaggingBroker)
    await b.broker.subscribe(NEWS)
    b.handler.channels.add(NEWS)
    await a.publish(1)

    found = await recover(b.broker, NEWS, None)

    assert numbers(b.handler.received) == [1]
    assert found.position == b.handler.received[-1].position


async def test_messages_that_cannot_be_read_are_counted_logged_once_and_skipped(
    nodes, redis_prefix, caplog
):
    a, b = nodes
    await b.join()
    name = RedisKeys(redis_prefix).channel(NEWS)

    for foreign in (b"", b"hello", b"e 1 5:abcde", b"e 1 99:x", b"e x 1:a", b"\xff \xff \xff"):
        await a.link.publish(name, foreign)
    await a.publish(1)

    assert numbers(await b.handler.count(1)) == [1]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "this version cannot read" in caplog.text


async def test_a_publication_for_another_address_than_its_redis_channel_is_not_delivered(
    nodes, redis_prefix
):
    a, b = nodes
    await b.join()
    await b.join(STAFF)
    spy = a.link.pubsub()
    await spy.subscribe(RedisKeys(redis_prefix).channel(STAFF))
    await a.publish(1, to=STAFF)
    async with asyncio.timeout(20):
        while not (message := await spy.get_message(timeout=1)) or message["type"] != "message":
            pass
    await spy.aclose()

    await a.link.publish(RedisKeys(redis_prefix).channel(NEWS), message["data"])
    await a.publish(2)

    assert numbers(await b.handler.count(2)) == [1, 2]
    assert [each.to for each in b.handler.received] == [STAFF, NEWS]


async def test_a_killed_and_restarted_redis_loses_nothing_it_accepted(start_node, start_redis):
    redis = start_redis(*SAFE)
    a, b = await start_node(redis), await start_node(redis)
    await b.join()
    await a.publish(0)
    publishing = asyncio.create_task(_publish_all(a, range(1, 100)))
    await b.handler.count(20)
    redis.kill()
    redis.start()
    await publishing

    assert numbers(await b.handler.count(100)) == list(range(100))
    assert b.handler.gaps == []


async def _publish_all(node, numbers):
    for number in numbers:
        await node.publish_until_accepted(number)


async def test_an_unavailable_redis_fails_in_time_and_failed_publications_never_arrive(
    start_node, start_redis
):
    redis = start_redis()
    a = await start_node(redis, timeout_s=0.3)
    await a.join()
    redis.send_signal(signal.SIGSTOP)

    with pytest.raises(BrokerUnavailable):
        await a.publish(1)
    with pytest.raises(BrokerUnavailable):
        await recover(a.broker, STAFF, None)
    with pytest.raises(BrokerUnavailable):
        await a.broker.health_check()
    redis.send_signal(signal.SIGCONT)
    await a.publish_until_accepted(2)

    assert numbers(await a.handler.count(1)) == [2]


async def test_a_channel_is_not_idle_while_a_recovery_waits_for_its_subscription(
    start_node, start_redis
):
    redis = start_redis()
    a = await start_node(redis)
    redis.send_signal(signal.SIGSTOP)

    recovering = asyncio.create_task(recover(a.broker, STAFF, None))
    await asyncio.sleep(0)
    assert a.broker._cursors[STAFF].is_collecting

    redis.send_signal(signal.SIGCONT)
    await recovering


async def test_a_channel_subscribed_while_redis_is_unavailable_is_delivered_afterwards(
    start_node, start_redis
):
    redis = start_redis()
    a = await start_node(redis)
    redis.kill()
    async with asyncio.timeout(20):
        while a.broker._subscriber.is_connected:
            await asyncio.sleep(0.01)

    await a.broker.subscribe(NEWS)
    a.handler.channels.add(NEWS)
    redis.start()
    async with asyncio.timeout(20):
        while not a.broker._cursors[NEWS].subscribed.is_set():
            await asyncio.sleep(0.01)
    await a.publish_until_accepted(1)

    assert numbers(await a.handler.count(1)) == [1]


async def test_a_redis_that_lost_its_data_is_reported_and_delivery_continues(
    start_node, start_redis
):
    redis = start_redis()
    a = await start_node(redis)
    start = (await a.join()).position
    await a.publish(1)
    await a.handler.count(1)
    redis.kill()
    redis.start()
    await a.publish_until_accepted(2)
    received = numbers(await a.handler.count(2))
    ((channel, position, before),) = a.handler.gaps

    assert (received, channel, before) == ([1, 2], NEWS, 1)
    assert position.epoch != start.epoch
    assert a.handler.received[1].position.epoch == position.epoch
    assert (await recover(a.broker, NEWS, start)).recovered is False


async def test_a_flushed_redis_is_reported_as_well(start_node, start_redis):
    a = await start_node(start_redis())
    await a.join()
    await a.publish(1)
    await a.handler.count(1)

    await a.link.flushall()
    await a.publish(2)

    assert numbers(await a.handler.count(2)) == [1, 2]
    assert len(a.handler.gaps) == 1


async def test_a_redis_that_lost_its_latest_data_starts_another_epoch(nodes, redis_prefix):
    a, b = nodes
    start = (await a.join()).position
    await b.publish(*range(5))
    await a.handler.count(5)
    head = RedisKeys(redis_prefix).log_and_head(NEWS)[1]

    await b.link.hset(head, "offset", 3)
    await b.link.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await a.handler.until(lambda: a.handler.gaps)
    await b.publish(5, 6, 7)
    await a.handler.count(8)

    ((_, position, _),) = a.handler.gaps
    assert numbers(a.handler.received) == list(range(8))
    assert position.epoch != start.epoch
    assert (await recover(b.broker, NEWS, a.handler.received[4].position)).recovered is False


async def test_a_position_ahead_of_the_channel_changes_nothing(nodes):
    a, b = nodes
    start = (await a.join()).position

    found = await recover(b.broker, NEWS, StreamPosition(start.epoch, start.offset + 7))

    assert (found.recovered, found.position) == (False, start)


def shifted(position, periods):
    """Return an initial position of so many periods ago; each is 12 hours long."""
    data_id, _, period = position.epoch.partition("-")
    return StreamPosition(f"{data_id}-{int(period) - periods}", position.offset)


async def names_of(redis, prefix):
    """Return the names of all keys without their prefix."""
    return [key.decode().removeprefix(prefix) async for key in redis.scan_iter(f"{prefix}*")]


async def test_reading_channels_without_publications_leaves_no_key_of_theirs(nodes, redis_prefix):
    a, _ = nodes
    invented = [Channel.parse(f"public:invented{number}") for number in range(20)]

    positions = [(await recover(a.broker, channel, None)).position for channel in invented]
    for channel, position in zip(invented, positions, strict=True):
        assert (await recover(a.broker, channel, position)).recovered is True
        assert (await recover(a.broker, channel, StreamPosition("e", 5))).recovered is False
    await a.broker._catch_up(invented)

    assert await names_of(a.link, redis_prefix) == ["{0}:data-id"]


async def test_an_initial_position_is_good_for_as_long_as_no_stream_can_have_ended(nodes):
    a, _ = nodes
    now = (await recover(a.broker, NEWS, None)).position

    for periods, recovered in ((0, True), (1, True), (2, False), (-1, False)):
        assert (await recover(a.broker, NEWS, shifted(now, periods))).recovered is recovered
    await a.publish(1)
    for periods, recovered in ((0, True), (1, True), (2, False), (-1, False)):
        found = await recover(a.broker, NEWS, shifted(now, periods))
        assert (found.recovered, numbers(found.missed)) == (recovered, [1] * recovered)


async def test_a_server_renews_its_initial_position_without_a_gap(nodes):
    a, b = nodes
    now = (await a.join()).position
    a.broker._cursors[NEWS].set_position(shifted(now, 1))

    await a.broker._catch_up([NEWS])

    assert a.broker._cursors[NEWS].position == now
    await b.publish(1)
    assert numbers(await a.handler.count(1)) == [1]
    assert a.handler.gaps == []


async def test_a_redis_flushed_before_or_after_the_first_publication_is_noticed(
    start_node, start_redis
):
    a = await start_node(start_redis())
    start = (await recover(a.broker, STAFF, None)).position
    await a.publish(1, to=STAFF)

    await a.link.flushall()

    assert (await recover(a.broker, STAFF, start)).recovered is False
    await a.publish(2, to=STAFF)
    found = await recover(a.broker, STAFF, start)
    assert (found.recovered, numbers([found.latest])) == (False, [2])


async def test_a_server_without_publications_reports_a_flushed_redis(start_node, start_redis):
    a = await start_node(start_redis())
    await a.join()

    await a.link.flushall()
    await a.broker._catch_up([NEWS])
    await a.publish(1)

    assert numbers(await a.handler.count(1)) == [1]
    assert [before for _, _, before in a.handler.gaps] == [0]


async def test_a_redis_that_lost_the_first_publications_of_a_channel_starts_another_epoch(
    nodes, redis_prefix
):
    a, b = nodes
    start = (await a.join()).position
    await b.publish(1)
    await a.handler.count(1)

    await b.link.delete(*RedisKeys(redis_prefix).log_and_head(NEWS))
    await b.link.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await a.handler.until(lambda: a.handler.gaps)

    assert (await recover(b.broker, NEWS, start)).recovered is False
    await b.publish(2)
    assert (await recover(b.broker, NEWS, start)).recovered is False
    assert numbers(await a.handler.count(2)) == [1, 2]
    ((_, position, _),) = a.handler.gaps
    assert numbers((await recover(b.broker, NEWS, position)).missed) == [2]


async def test_a_redis_out_of_memory_fails_with_the_reason(start_node, start_redis):
    a = await start_node(start_redis())
    await a.link.config_set("maxmemory", "1")

    with pytest.raises(BrokerUnavailable, match="memory"):
        await a.publish(1)
    with pytest.raises(BrokerUnavailable):
        await a.broker.health_check()


async def test_an_outage_of_redis_is_logged_once(start_node, start_redis, caplog):
    caplog.set_level("INFO", "server")
    redis = start_redis()
    a = await start_node(redis, timeout_s=0.2)
    redis.kill()
    for number in range(3):
        with pytest.raises(BrokerUnavailable):
            await a.publish(number)
    redis.start()
    await a.publish_until_accepted(1)
    async with asyncio.timeout(20):
        while caplog.messages.count("redis pub/sub connected") < 2:
            await asyncio.sleep(0.01)

    assert sum("disconnected" in line for line in caplog.messages) == 1
