"""What any broker promises, asked of each of them."""

import pytest

from protocol.channels import Channel
from protocol.publications import EVERYONE, Publication
from server.brokers.base import BrokerUnavailable
from server.brokers.memory import MemoryBroker


def publication(number, to):
    return Publication(
        to=to, type="notification", message=b"%d" % number, tenant="shop", accepted_at=float(number)
    )


ORDER, STAFF = Channel.parse("order:ord_1"), Channel.parse("tenant:shop")


@pytest.fixture(params=[MemoryBroker])
def broker(request):
    return request.param()


async def test_a_publication_keeps_its_address_and_everything_else(broker):
    heard = []
    published = [publication(1, ORDER), publication(2, EVERYONE)]

    async with broker.listen(heard.append):
        await broker.publish(published)

    assert heard == published


async def test_every_listener_hears_everything_in_the_order_of_acceptance(broker):
    first, second = [], []

    async with broker.listen(first.append), broker.listen(second.append):
        for start in range(0, 50, 10):
            await broker.publish([publication(start + n, STAFF) for n in range(10)])

    assert [int(heard.message) for heard in first] == list(range(50))
    assert first == second


async def test_who_has_left_hears_nothing(broker):
    heard = []
    async with broker.listen(heard.append):
        pass

    await broker.publish([publication(1, STAFF)])

    assert heard == []


async def test_a_probe_passes_while_somebody_listens(broker):
    with pytest.raises(BrokerUnavailable):
        await broker.probe()
    async with broker.listen(lambda _: None):
        await broker.probe()
