"""What any broker promises, asked of each of them."""

import pytest

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication
from server.brokers.base import BrokerUnavailable
from server.brokers.memory import MemoryBroker
from server.brokers.newest import KEPT_S, MOST_CHANNELS, Newest


def publication(number, to):
    return Publication(
        to=to, type="notification", message=b"%d" % number, tenant="shop", accepted_at=float(number)
    )


ORDER, STAFF = Channel.parse("order:ord_1"), Channel.parse("tenant:shop")


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[MemoryBroker])
def broker(request, clock):
    return request.param(clock)


async def test_a_publication_keeps_its_address_and_everything_else(broker):
    heard = []
    published = [publication(1, ORDER), publication(2, EVERYONE)]

    async with broker.listen(heard.extend):
        await broker.publish(published)

    assert heard == published


async def test_every_listener_hears_everything_in_the_order_of_acceptance(broker):
    first, second = [], []

    async with broker.listen(first.extend), broker.listen(second.extend):
        for start in range(0, 50, 10):
            await broker.publish([publication(start + n, STAFF) for n in range(10)])

    assert [int(heard.message) for heard in first] == list(range(50))
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

        assert await broker.last(ORDER) == publication(2, ORDER)
        assert await broker.last(STAFF) == publication(3, STAFF)
        assert await broker.last(Channel.parse("order:ord_2")) is None


async def test_the_last_of_a_channel_is_there_though_nobody_heard_it(broker):
    await broker.publish([publication(1, ORDER)])

    assert await broker.last(ORDER) == publication(1, ORDER)


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


def test_the_channels_remembered_are_bounded_and_the_longest_silent_goes_first():
    newest = Newest()
    newest.keep(publication(0, ORDER))
    newest.keep(publication(0, STAFF))
    newest.keep(publication(1, ORDER))
    for number in range(MOST_CHANNELS - 1):
        newest.keep(publication(2, Channel.parse(f"order:more_{number}")))

    assert newest.find(STAFF, now=2.0) is None
    assert newest.find(ORDER, now=2.0) == publication(1, ORDER)


def test_what_is_too_old_makes_room_as_others_come():
    newest = Newest()
    newest.keep(publication(0, ORDER))
    newest.keep(publication(KEPT_S + 1, STAFF))

    assert newest.find(ORDER, now=0.0) is None
