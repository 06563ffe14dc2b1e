"""Which deliveries a node reports to the monitor, and on which tenants."""

import pytest

from protocol.channels import Channel
from protocol.publications import Publication
from server.monitoring.cluster_traffic import LocalTraffic, count_local_subscribers
from server.monitoring.counters import Counters
from server.monitoring.traffic_sampler import TrafficSampler
from server.pubsub.hub import Hub


class Connection:
    """A subscriber that takes no frames."""

    send_queue = None

    def __init__(self, tenant_id):
        self.id, self.tenant_id = "c_1", tenant_id


@pytest.fixture
def hub():
    return Hub(Counters(), lambda recipients, frames: None, lambda: 0.0)


@pytest.fixture
def subscribe(hub):
    """Subscribe a new connection to a channel."""

    def subscribe_new(channel, tenant_id="shop"):
        connection = Connection(tenant_id)
        hub.add(connection)
        hub.subscribe(connection, Channel.parse(channel))

    return subscribe_new


def publication(tenant):
    return Publication(
        to=Channel.parse("public:news"),
        type="notification",
        message=b"{}",
        tenant=tenant,
        accepted_at=0.0,
    )


async def test_a_single_node_samples_the_tenants_that_are_watched_and_no_others(hub, subscribe):
    sampler = TrafficSampler()
    source = LocalTraffic(hub, sampler, clock=lambda: 0.0)
    subscribe("monitor:shop")

    for tenant in ("shop", "books"):
        source.on_delivered(publication(tenant), 1)

    reports = sampler.traffic_reports(1.0, lambda tenant, channel: 0)
    assert [report.tenant for report in reports] == ["shop"]
    assert await source.poll(1.0) == {"shop"}


def test_subscribers_of_a_channel_are_counted(hub, subscribe):
    subscribe("public:news", "shop")
    subscribe("public:news", "books")

    assert count_local_subscribers(hub, "shop", "public:news") == 2
    assert count_local_subscribers(hub, "shop", "public:other") == 0


def test_an_admin_does_not_learn_whether_customers_of_other_tenants_are_online(hub, subscribe):
    subscribe("user:olena", "shop")
    subscribe("user:olena", "books")

    assert count_local_subscribers(hub, "shop", "user:olena") == 1
    assert count_local_subscribers(hub, "shoes", "user:olena") == 0


def test_a_message_for_everyone_is_for_all_connections(hub, subscribe):
    subscribe("user:olena")
    subscribe("public:news", "books")

    assert count_local_subscribers(hub, "shop", "*") == 2
