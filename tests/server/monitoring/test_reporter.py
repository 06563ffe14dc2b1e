"""What a node reports to monitor channels, with a broker that can be down."""

import json

import pytest

from protocol.channels import Channel
from protocol.retention import Retention
from server.auth.identity import Identity, Role
from server.cluster.connection_limits import LocalConnectionLimiter
from server.cluster.single_node import SingleNode
from server.monitoring.counters import Counters
from server.monitoring.reporter import REPORTS_PER_STATS, MonitorReporter
from server.pubsub.brokers.base import BrokerUnavailable
from server.pubsub.brokers.memory.broker import MemoryBroker
from server.pubsub.hub import Hub
from tests.server.in_memory_server import publication

MONITOR = Channel.parse("monitor:shop")
OLENA = Identity(
    user_id="olena",
    tenant_id="shop",
    role=Role.CUSTOMER,
    name="Olena",
    issued_at=0.0,
    expires_at=1e9,
)


class Watcher:
    """A subscriber of the monitor channel."""

    id, tenant_id, is_staff, send_queue = "c_1", "shop", True, None


class FailingBroker(MemoryBroker):
    """Can be down; records what it accepts."""

    def __init__(self):
        super().__init__(Retention(100, 1e9), lambda: 0.0)
        self.is_down = False
        self.accepted = []

    async def publish(self, publications, idempotency_key=""):
        if self.is_down:
            raise BrokerUnavailable
        self.accepted += [json.loads(each.message) for each in publications]

    def take(self, type_):
        taken = [each["payload"] for each in self.accepted if each["type"] == type_]
        self.accepted = [each for each in self.accepted if each["type"] != type_]
        return taken


class Host:
    """The node itself, without statistics."""

    def __init__(self, reporter):
        self.tenant_stats = reporter.tenant_stats


@pytest.fixture
def broker():
    return FailingBroker()


@pytest.fixture
async def reporter(broker):
    """A reporter whose monitor channel is watched."""
    counters, now = Counters(), [100.0]
    hub = Hub(counters, lambda _recipients, _frames: None, lambda: now[0])
    hub.subscribe(Watcher(), MONITOR)
    node = SingleNode("a", LocalConnectionLimiter(1), lambda: now[0])
    reporter = MonitorReporter(
        node, hub, broker, counters, lambda: now[0], lambda callback: callback(), 1 << 20
    )
    reporter.now = now
    async with node.join(Host(reporter)):
        yield reporter


async def report(reporter, times=REPORTS_PER_STATS):
    for _ in range(times):
        reporter.now[0] += 1.0
        await reporter.report()


async def test_what_could_not_be_reported_during_an_outage_is_reported_afterwards(reporter, broker):
    news = Channel.parse("public:news")
    broker.is_down = True
    reporter.connection_monitor.on_signed_in("c_2", OLENA)
    reporter.on_delivered(publication(news, 1), 3)
    await report(reporter)
    reporter.connection_monitor.on_refused(OLENA, "forbidden", "user:taras")
    reporter.on_delivered(publication(news, 2), 4)
    await report(reporter, 5 * REPORTS_PER_STATS)

    broker.is_down = False
    await report(reporter, 2 * REPORTS_PER_STATS)

    traffic, stats = broker.take("traffic"), broker.take("stats")
    counted = [report["kinds"]["public"] for report in traffic if report["kinds"]]
    assert sum(each["messages"] for each in counted) == 2
    assert sum(each["deliveries"] for each in counted) == 7
    assert sum(each["seconds"] for each in traffic) == reporter.now[0] - 100.0
    assert stats[0]["is_full_log"]
    assert [each["user_id"] for report in stats for each in report.get("events", ())] == ["olena"]
    assert [each["channel"] for report in stats for each in report.get("refused", ())] == [
        "user:taras"
    ]
