"""What any broker promises, asked of each of them."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication, StreamPosition
from protocol.retention import Retention
from server.pubsub.brokers.base import BrokerUnavailable
from server.pubsub.brokers.memory.broker import MemoryBroker
from server.pubsub.brokers.redis.broker import RedisBroker, RedisBrokerOptions
from server.redis_client import open_redis
from server.settings import Settings


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
        yield RedisBroker(
            link, RedisBrokerOptions(prefix=prefix, sharded=False, timeout_s=5.0, retention=BOUNDS)
        )


@pytest.fixture
def hearing(make_ears):
    """Have the channels heard while the block lasts."""

    @asynccontextmanager
    async def hearing(broker, *channels):
        ears = make_ears(*channels)
        async with broker.run(ears):
            for channel in channels:
                await broker.subscribe(channel)
            yield ears

    return hearing


def bare(publications):
    """Return them as they were published: without their positions."""
    return [replace(each, position=None) for each in publications]


def numbers(publications):
    return [int(each.message) for each in publications]


async def test_a_publication_keeps_its_address_and_all_fields(broker, hearing):
    full = replace(
        publication(2, ORDER),
        tenant_only=True,
        exclude_subscribers_of=STAFF,
        exclude_connection="c_1",
        tenant="",
    )
    published = [publication(1, ORDER), full, publication(3, EVERYONE)]

    async with hearing(broker, ORDER) as ears:
        await broker.publish(published)
        await ears.count(3)

    assert bare(ears.heard) == published


async def test_publications_are_delivered_in_the_order_of_acceptance(broker, hearing):
    async with hearing(broker, STAFF) as ears:
        for start in range(0, 50, 10):
            await broker.publish([publication(start + n, STAFF) for n in range(10)])
        await ears.count(50)

    assert numbers(ears.heard) == list(range(50))


async def test_concurrent_publications_are_delivered_once_and_in_each_publishers_order(
    broker, hearing
):
    async def chatter(name):
        for number in range(20):
            await broker.publish([publication(100 * name + number, STAFF)])

    async with hearing(broker, STAFF) as ears:
        await asyncio.gather(*map(chatter, range(10)))
        await ears.count(200)

    heard = numbers(ears.heard)
    for name in range(10):
        its = [number for number in heard if number // 100 == name]
        assert its == [100 * name + number for number in range(20)]


async def test_a_handler_gets_nothing_after_it_has_stopped(broker, hearing):
    async with hearing(broker, STAFF) as ears:
        pass

    await broker.publish([publication(1, STAFF)])

    assert ears.heard == []


async def test_a_health_check_passes_while_a_handler_runs(broker, hearing):
    with pytest.raises(BrokerUnavailable):
        await broker.health_check()
    async with hearing(broker):
        await broker.health_check()


async def test_latest_returns_the_latest_publication_of_a_channel(broker, hearing):
    async with hearing(broker, ORDER, STAFF):
        await broker.publish([publication(1, ORDER), publication(2, ORDER), publication(3, STAFF)])
        await broker.publish([publication(4, EVERYONE)])

        assert numbers([await broker.latest(ORDER), await broker.latest(STAFF)]) == [2, 3]
        assert await broker.latest(Channel.parse("order:ord_2")) is None


async def test_latest_returns_a_publication_that_had_no_subscribers(broker, hearing):
    published = publication(1, ORDER)
    await broker.publish([published])

    async with hearing(broker):
        assert bare([await broker.latest(ORDER)]) == [published]


async def test_latest_returns_nothing_newer_than_what_was_delivered(broker, hearing):
    async with hearing(broker, ORDER) as ears:
        for number in range(20):
            await broker.publish([publication(number, ORDER)])

            assert await broker.latest(ORDER) == ears.heard[-1]


async def test_offsets_of_an_address_grow_by_one_within_an_epoch(broker, hearing):
    async with hearing(broker, ORDER, STAFF) as ears:
        await broker.publish([publication(1, ORDER), publication(2, STAFF), publication(3, ORDER)])
        await broker.publish([publication(4, ORDER), publication(5, EVERYONE)])
        await broker.publish([publication(6, EVERYONE)])
        await ears.count(6)

    for to in (ORDER, EVERYONE):
        first, *others = [each.position for each in ears.heard if each.to == to]
        assert others == [
            StreamPosition(first.epoch, first.offset + more) for more in range(1, len(others) + 1)
        ]


async def test_a_tap_gets_every_publication_of_its_tenant_once_and_no_other(broker, hearing):
    other = replace(publication(9, ORDER), tenant="books")
    async with hearing(broker, ORDER) as ears:
        await broker.set_tapped_tenants({"shop"})
        await broker.health_check()  # what was asked for before it is done
        published = [publication(1, ORDER), publication(2, STAFF), publication(3, EVERYONE)]
        await broker.publish([*published, other])
        await ears.until(lambda: len(ears.taps) >= 3)
        await broker.set_tapped_tenants(())
        await broker.health_check()
        await broker.publish([publication(4, STAFF)])
        await broker.health_check()

    assert bare(ears.taps) == published
    assert all(each.position for each in ears.taps)


async def test_publications_after_a_position_are_recovered_in_order(broker, hearing):
    async with hearing(broker):
        await broker.publish([publication(1, ORDER)])
        since = (await broker.recover(ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in (2, 3)])
        await broker.publish([publication(4, STAFF), publication(5, ORDER)])

        found = await broker.recover(ORDER, since)

    assert found.recovered is True
    assert numbers(found.missed) == [2, 3, 5]
    assert [each.position for each in found.missed] == [
        StreamPosition(since.epoch, since.offset + more) for more in (1, 2, 3)
    ]
    assert found.position == found.missed[-1].position == found.latest.position


async def test_a_position_in_a_silent_channel_is_enough_to_miss_nothing(broker, hearing):
    async with hearing(broker):
        since = (await broker.recover(ORDER, None)).position
        assert (await broker.recover(ORDER, since)).recovered is True

        await broker.publish([publication(1, ORDER)])

        assert numbers((await broker.recover(ORDER, since)).missed) == [1]


async def test_without_a_position_nothing_is_recovered(broker, hearing):
    async with hearing(broker):
        await broker.publish([publication(1, ORDER)])

        found = await broker.recover(ORDER, None)

    assert (found.recovered, list(found.missed), numbers([found.latest])) == (None, [], [1])


async def test_a_history_that_does_not_reach_back_is_not_recovered(broker, hearing):
    async with hearing(broker):
        since = (await broker.recover(ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in range(100)])
        assert numbers((await broker.recover(ORDER, since)).missed) == list(range(100))

        # An implementation may keep some more than it is asked to.
        await broker.publish([publication(n, ORDER) for n in range(100, 500)])
        found = await broker.recover(ORDER, since)

    assert (found.recovered, list(found.missed)) == (False, [])
    assert found.position.offset == since.offset + 500


@pytest.mark.parametrize("wrong", ["epoch", "future"])
async def test_a_position_of_another_epoch_or_ahead_is_not_recovered(broker, hearing, wrong):
    async with hearing(broker):
        await broker.publish([publication(1, ORDER)])
        now = (await broker.recover(ORDER, None)).position
        since = {
            "epoch": StreamPosition("other", 1),
            "future": StreamPosition(now.epoch, now.offset + 1),
        }

        found = await broker.recover(ORDER, since[wrong])

    assert (found.recovered, found.position) == (False, now)


async def test_a_recovery_leads_to_the_position_that_is_delivered(broker, hearing):
    async with hearing(broker, ORDER) as ears:

        async def publish():
            for number in range(100):
                await broker.publish([publication(number, ORDER)])

        publishing = asyncio.create_task(publish())
        start = (await broker.recover(ORDER, None)).position
        while not publishing.done():
            found = await broker.recover(ORDER, start)

            assert [each.position.offset for each in found.missed] == list(
                range(start.offset + 1, found.position.offset + 1)
            )
            if ears.heard:
                assert found.position == ears.heard[-1].position
            await asyncio.sleep(0)
        await publishing
