"""What any broker promises, asked of each of them."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication, StreamPosition
from protocol.retention import Retention
from server.monitoring.counters import Counters
from server.pubsub.brokers.base import BrokerUnavailable
from server.pubsub.brokers.memory.broker import MemoryBroker
from server.pubsub.brokers.redis.broker import RedisBroker, RedisBrokerOptions
from server.redis_client import open_redis
from server.settings import Settings
from server.supervisor import Supervisor


async def recover(broker, channel, since):
    """Recover as a session does that waits for nothing else."""
    return (await broker.recover(channel, since)).finish()


def publication(number, to):
    return Publication(
        to=to, type="notification", message=b"%d" % number, tenant="shop", accepted_at=time.time()
    )


ORDER, STAFF = Channel.parse("order:ord_1"), Channel.parse("tenant:shop")


BOUNDS = Retention(max_messages=100, max_age_s=600.0)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.external)])
async def broker(request):
    if request.param == "memory":
        yield MemoryBroker(BOUNDS, time.time)
        return
    server, prefix = map(request.getfixturevalue, ("redis_server", "redis_prefix"))
    async with open_redis(Settings(redis_url=server.url)) as link:
        options = RedisBrokerOptions(prefix=prefix, sharded=False, timeout_s=5.0, retention=BOUNDS)
        yield RedisBroker(link, options, Supervisor(), Counters())


@pytest.fixture
def running(make_handler):
    """Run a broker with a handler for these channels while the block lasts."""

    @asynccontextmanager
    async def running(broker, *channels):
        handler = make_handler(*channels)
        async with broker.run(handler):
            for channel in channels:
                await broker.subscribe(channel)
            yield handler

    return running


def bare(publications):
    """Return them as they were published: without their positions."""
    return [replace(each, position=None) for each in publications]


def numbers(publications):
    return [int(each.message) for each in publications]


async def test_a_publication_keeps_its_address_and_all_fields(broker, running):
    full = replace(
        publication(2, ORDER),
        tenant_only=True,
        exclude_subscribers_of=STAFF,
        exclude_connection="c_1",
        tenant="",
    )
    published = [publication(1, ORDER), full, publication(3, EVERYONE)]

    async with running(broker, ORDER) as handler:
        await broker.publish(published)
        await handler.count(3)

    assert bare(handler.received) == published


async def test_publications_are_delivered_in_the_order_of_acceptance(broker, running):
    async with running(broker, STAFF) as handler:
        for start in range(0, 50, 10):
            await broker.publish([publication(start + n, STAFF) for n in range(10)])
        await handler.count(50)

    assert numbers(handler.received) == list(range(50))


async def test_concurrent_publications_are_delivered_once_and_in_each_publishers_order(
    broker, running
):
    async def chatter(name):
        for number in range(20):
            await broker.publish([publication(100 * name + number, STAFF)])

    async with running(broker, STAFF) as handler:
        await asyncio.gather(*map(chatter, range(10)))
        await handler.count(200)

    received = numbers(handler.received)
    for name in range(10):
        its = [number for number in received if number // 100 == name]
        assert its == [100 * name + number for number in range(20)]


async def test_a_handler_gets_nothing_after_it_has_stopped(broker, running):
    async with running(broker, STAFF) as handler:
        pass

    await broker.publish([publication(1, STAFF)])

    assert handler.received == []


async def test_a_health_check_passes_while_a_handler_runs(broker, running):
    with pytest.raises(BrokerUnavailable):
        await broker.health_check()
    async with running(broker):
        await broker.health_check()


async def test_latest_returns_the_latest_publication_of_a_channel(broker, running):
    async with running(broker, ORDER, STAFF):
        await broker.publish([publication(1, ORDER), publication(2, ORDER), publication(3, STAFF)])
        await broker.publish([publication(4, EVERYONE)])

        latest = [(await recover(broker, each, None)).latest for each in (ORDER, STAFF)]
        assert numbers(latest) == [2, 3]
        assert (await recover(broker, Channel.parse("order:ord_2"), None)).latest is None


async def test_latest_returns_a_publication_that_had_no_subscribers(broker, running):
    published = publication(1, ORDER)
    await broker.publish([published])

    async with running(broker):
        assert bare([(await recover(broker, ORDER, None)).latest]) == [published]


async def test_latest_returns_nothing_newer_than_what_was_delivered(broker, running):
    async with running(broker, ORDER) as handler:
        for number in range(20):
            await broker.publish([publication(number, ORDER)])

            assert (await recover(broker, ORDER, None)).latest == handler.received[-1]


async def test_offsets_of_an_address_grow_by_one_within_an_epoch(broker, running):
    async with running(broker, ORDER, STAFF) as handler:
        await broker.publish([publication(1, ORDER), publication(2, STAFF), publication(3, ORDER)])
        await broker.publish([publication(4, ORDER), publication(5, EVERYONE)])
        await broker.publish([publication(6, EVERYONE)])
        await handler.count(6)

    for to in (ORDER, EVERYONE):
        first, *others = [each.position for each in handler.received if each.to == to]
        assert others == [
            StreamPosition(first.epoch, first.offset + more) for more in range(1, len(others) + 1)
        ]


async def test_every_publication_of_a_mirrored_tenant_is_passed_on_once_and_no_other(
    broker, running
):
    other = replace(publication(9, ORDER), tenant="books")
    async with running(broker, ORDER) as handler:
        await broker.set_mirrored_tenants({"shop"})
        await broker.health_check()  # what was asked for before it is done
        published = [publication(1, ORDER), publication(2, STAFF), publication(3, EVERYONE)]
        await broker.publish([*published, other])
        await handler.until(lambda: len(handler.mirrored) >= 3)
        await broker.set_mirrored_tenants(())
        await broker.health_check()
        await broker.publish([publication(4, STAFF)])
        await broker.health_check()

    assert bare(handler.mirrored) == published
    assert all(each.position for each in handler.mirrored)


async def test_publications_after_a_position_are_recovered_in_order(broker, running):
    async with running(broker):
        await broker.publish([publication(1, ORDER)])
        since = (await recover(broker, ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in (2, 3)])
        await broker.publish([publication(4, STAFF), publication(5, ORDER)])

        found = await recover(broker, ORDER, since)

    assert found.recovered is True
    assert numbers(found.missed) == [2, 3, 5]
    assert [each.position for each in found.missed] == [
        StreamPosition(since.epoch, since.offset + more) for more in (1, 2, 3)
    ]
    assert found.position == found.missed[-1].position == found.latest.position


async def test_a_position_in_a_silent_channel_is_enough_to_miss_nothing(broker, running):
    async with running(broker):
        since = (await recover(broker, ORDER, None)).position
        assert (await recover(broker, ORDER, since)).recovered is True

        await broker.publish([publication(1, ORDER)])

        assert numbers((await recover(broker, ORDER, since)).missed) == [1]


async def test_a_client_that_came_before_the_first_publication_follows_the_stream(broker, running):
    async with running(broker, ORDER) as handler:
        since = (await recover(broker, ORDER, None)).position
        pending = await broker.recover(ORDER, since)
        await broker.publish([publication(1, ORDER), publication(2, ORDER)])
        await handler.count(2)

        assert numbers(pending.finish().missed) == [1, 2]
        handled = StreamPosition(since.epoch, since.offset + 1)
        assert numbers((await recover(broker, ORDER, handled)).missed) == [2]
        ahead = StreamPosition(since.epoch, since.offset + 3)
        assert (await recover(broker, ORDER, ahead)).recovered is False


async def test_an_offset_ahead_of_a_channel_without_publications_is_not_recovered(broker, running):
    async with running(broker):
        now = (await recover(broker, ORDER, None)).position

        found = await recover(broker, ORDER, StreamPosition(now.epoch, now.offset + 1))

    assert (found.recovered, found.position) == (False, now)


async def test_without_a_position_nothing_is_recovered(broker, running):
    async with running(broker):
        await broker.publish([publication(1, ORDER)])

        found = await recover(broker, ORDER, None)

    assert (found.recovered, list(found.missed), numbers([found.latest])) == (None, [], [1])


async def test_a_history_that_does_not_reach_back_is_not_recovered(broker, running):
    async with running(broker):
        since = (await recover(broker, ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in range(100)])
        assert numbers((await recover(broker, ORDER, since)).missed) == list(range(100))

        # An implementation may keep some more than it is asked to.
        await broker.publish([publication(n, ORDER) for n in range(100, 500)])
        found = await recover(broker, ORDER, since)

    assert (found.recovered, list(found.missed)) == (False, [])
    assert found.position.offset == since.offset + 500


@pytest.mark.parametrize("wrong", ["epoch", "future"])
async def test_a_position_of_another_epoch_or_ahead_is_not_recovered(broker, running, wrong):
    async with running(broker):
        await broker.publish([publication(1, ORDER)])
        now = (await recover(broker, ORDER, None)).position
        since = {
            "epoch": StreamPosition("other", 1),
            "future": StreamPosition(now.epoch, now.offset + 1),
        }

        found = await recover(broker, ORDER, since[wrong])

    assert (found.recovered, found.position) == (False, now)


async def test_what_is_delivered_until_a_recovery_is_finished_belongs_to_it(broker, running):
    async with running(broker, ORDER) as handler:
        await broker.publish([publication(1, ORDER)])
        since = (await recover(broker, ORDER, None)).position
        await broker.publish([publication(2, ORDER)])

        pending = await broker.recover(ORDER, since)
        await broker.publish([publication(3, ORDER)])
        await handler.count(3)
        found = pending.finish()

    assert numbers(found.missed) == [2, 3]
    assert found.position == handler.received[-1].position == found.latest.position


async def test_a_recovery_leads_to_the_position_that_is_delivered(broker, running):
    async with running(broker, ORDER) as handler:

        async def publish():
            for number in range(100):
                await broker.publish([publication(number, ORDER)])

        publishing = asyncio.create_task(publish())
        start = (await recover(broker, ORDER, None)).position
        while not publishing.done():
            found = await recover(broker, ORDER, start)

            assert [each.position.offset for each in found.missed] == list(
                range(start.offset + 1, found.position.offset + 1)
            )
            if handler.received:
                assert found.position == handler.received[-1].position
            await asyncio.sleep(0)
        await publishing
