"""What any broker promises, asked of each of them."""

import pytest
from msgspec.structs import replace

from protocol.channels import Channel
from protocol.publications import EVERYONE, Position, Publication
from server.brokers.base import BrokerUnavailable
from server.brokers.history import Bounds
from server.brokers.memory import MemoryBroker


def publication(number, to):
    return Publication(
        to=to, type="notification", message=b"%d" % number, tenant="shop", accepted_at=float(number)
    )


ORDER, STAFF = Channel.parse("order:ord_1"), Channel.parse("tenant:shop")


BOUNDS = Bounds(messages=10, seconds=600.0)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[MemoryBroker])
def broker(request, clock):
    return request.param(BOUNDS, clock)


def bare(publications):
    """Return them as they were published: without their positions."""
    return [replace(each, position=None) for each in publications]


def numbers(publications):
    return [int(each.message) for each in publications]


async def test_a_publication_keeps_its_address_and_everything_else(broker):
    heard = []
    published = [publication(1, ORDER), publication(2, EVERYONE)]

    async with broker.listen(heard.extend):
        await broker.publish(published)

    assert bare(heard) == published


async def test_every_listener_hears_everything_in_the_order_of_acceptance(broker):
    first, second = [], []

    async with broker.listen(first.extend), broker.listen(second.extend):
        for start in range(0, 50, 10):
            await broker.publish([publication(start + n, STAFF) for n in range(10)])

    assert numbers(first) == list(range(50))
    assert first == second


async def test_who_has_left_hears_nothing(broker):
    heard = []
    async with broker.listen(heard.extend):
        pass

    await broker.publish([publication(1, STAFF)])

    assert heard == []


async def test_a_probe_passes_while_somebody_listens(broker):
    with pytest.raises(BrokerUnavailable):
        await broker.probe()
    async with broker.listen(lambda _: None):
        await broker.probe()


async def test_the_last_of_a_channel_is_what_was_published_on_it_last(broker):
    async with broker.listen(lambda _: None):
        await broker.publish([publication(1, ORDER), publication(2, ORDER), publication(3, STAFF)])
        await broker.publish([publication(4, EVERYONE)])

        assert numbers([await broker.last(ORDER), await broker.last(STAFF)]) == [2, 3]
        assert await broker.last(Channel.parse("order:ord_2")) is None


async def test_the_last_of_a_channel_is_there_though_nobody_heard_it(broker):
    await broker.publish([publication(1, ORDER)])

    assert bare([await broker.last(ORDER)]) == [publication(1, ORDER)]


async def test_the_last_is_never_older_than_what_was_heard(broker):
    found = []

    async with broker.listen(found.extend):
        for number in range(20):
            await broker.publish([publication(number, ORDER)])

            assert await broker.last(ORDER) == found[-1]


async def test_after_ten_minutes_there_is_no_last(broker, clock):
    await broker.publish([publication(100, ORDER)])

    clock.now = 100.0 + 600
    assert await broker.last(ORDER) is not None
    clock.now = 100.0 + 601
    assert await broker.last(ORDER) is None


async def test_a_channels_offsets_grow_by_one_in_one_epoch(broker):
    heard = []
    async with broker.listen(heard.extend):
        await broker.publish([publication(1, ORDER), publication(2, STAFF), publication(3, ORDER)])
        await broker.publish([publication(4, ORDER)])

    first, *others = [each.position for each in heard if each.to == ORDER]
    assert others == [Position(first.epoch, first.offset + more) for more in (1, 2)]


async def test_what_is_for_everyone_is_of_no_channel(broker):
    heard = []
    async with broker.listen(heard.extend):
        await broker.publish([publication(1, EVERYONE)])

    assert heard[0].position is None


async def test_what_came_after_a_position_is_recovered_in_order(broker):
    async with broker.listen(lambda _: None):
        await broker.publish([publication(1, ORDER)])
        since = (await broker.recover(ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in (2, 3)])
        await broker.publish([publication(4, STAFF), publication(5, ORDER)])

        found = await broker.recover(ORDER, since)

    assert found.recovered is True
    assert numbers(found.missed) == [2, 3, 5]
    assert [each.position for each in found.missed] == [
        Position(since.epoch, since.offset + more) for more in (1, 2, 3)
    ]
    assert found.position == found.missed[-1].position == found.newest.position


async def test_who_was_told_where_a_silent_channel_stands_misses_nothing(broker):
    async with broker.listen(lambda _: None):
        since = (await broker.recover(ORDER, None)).position
        assert (await broker.recover(ORDER, since)).recovered is True

        await broker.publish([publication(1, ORDER)])

        assert numbers((await broker.recover(ORDER, since)).missed) == [1]


async def test_nobody_who_asks_for_no_past_is_told_of_it(broker):
    async with broker.listen(lambda _: None):
        await broker.publish([publication(1, ORDER)])

        found = await broker.recover(ORDER, None)

    assert (found.recovered, list(found.missed), numbers([found.newest])) == (None, [], [1])


async def test_a_history_that_does_not_reach_so_far_back_says_so(broker):
    async with broker.listen(lambda _: None):
        since = (await broker.recover(ORDER, None)).position
        await broker.publish([publication(n, ORDER) for n in range(10)])
        assert numbers((await broker.recover(ORDER, since)).missed) == list(range(10))

        # An implementation may keep some more than it is asked to.
        await broker.publish([publication(n, ORDER) for n in range(10, 300)])
        found = await broker.recover(ORDER, since)

    assert (found.recovered, list(found.missed)) == (False, [])
    assert found.position.offset == since.offset + 300


@pytest.mark.parametrize("wrong", ["epoch", "future"])
async def test_a_position_of_another_history_is_not_recovered_from(broker, wrong):
    async with broker.listen(lambda _: None):
        await broker.publish([publication(1, ORDER)])
        now = (await broker.recover(ORDER, None)).position
        since = {"epoch": Position("other", 1), "future": Position(now.epoch, now.offset + 1)}

        found = await broker.recover(ORDER, since[wrong])

    assert (found.recovered, found.position) == (False, now)


async def test_a_recovery_leads_to_where_the_listeners_are(broker):
    heard = []
    async with broker.listen(heard.extend):
        for number in range(20):
            await broker.publish([publication(number, ORDER)])

            found = await broker.recover(ORDER, None)
            assert found.position == heard[-1].position
