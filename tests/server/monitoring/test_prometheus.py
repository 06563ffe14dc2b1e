"""``GET /metrics``: the metrics for Prometheus."""

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from server.cluster.connection_limits import LocalConnectionLimiter
from server.cluster.single_node import SingleNode
from server.monitoring.counters import Counters
from server.monitoring.latency import LatencyHistogram
from server.monitoring.prometheus import Metrics
from server.monitoring.reporter import MonitorReporter
from server.pubsub.hub import Hub

NOTIFICATION = {
    "type": "notification",
    "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"},
}


class Samples:
    """The values of /metrics, by name and label."""

    def __init__(self, text):
        self.samples = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name, *labels):
        return self.samples.get((f"shop_ws_{name}", *labels), 0)

    def labels(self, name):
        return {key[1] for key in self.samples if key[0] == f"shop_ws_{name}"}


@pytest.fixture
def scrape(server):
    async def scraping():
        return Samples((await server.read("/metrics"))[1])

    return scraping


async def test_connections_and_subscriptions_are_gauges_that_fall_back_to_zero(server, scrape):
    olena, visitor = await server.sign_in("olena"), await server.connect()
    await olena.subscribe("public:news")
    await visitor.subscribe("public:news")
    during = await scrape()

    for client in (olena, visitor):
        await client.socket.close()
    while (after := await scrape())("connections"):
        pass

    names = ("connections", "connections_signed_in", "subscriptions", "channels", "outbox_bytes")
    assert [during(name) for name in names] == [2, 1, 3, 2, 0]
    assert [after(name) for name in names] == [0, 0, 0, 0, 0]


async def test_messages_are_counted_by_type_in_and_out(server, scrape):
    clients = [await server.connect() for _ in range(3)]
    for client in clients:
        await client.subscribe("public:news")
    await server.publish([NOTIFICATION | {"channel": "public:news"}] * 4)
    await clients[0].ask("ping")

    metrics = await scrape()

    assert metrics("messages_received_total", "subscribe") == 3
    assert metrics("messages_received_total", "ping") == 1
    assert metrics("messages_sent_total", "subscribed") == 3
    assert metrics("messages_sent_total", "pong") == 1
    assert metrics("messages_sent_total", "notification") == 12
    assert (metrics("publications_total"), metrics("deliveries_total")) == (4, 12)


async def test_what_a_client_makes_up_is_one_label_however_often_it_does(server, scrape):
    client = await server.connect()
    for number in range(20):
        await client.ask(f"made_up_{number}")
    await client.send("no json")
    await client.receive()

    metrics = await scrape()

    assert metrics.labels("messages_received_total") == {"other"}
    assert metrics("messages_received_total", "other") == 21
    assert metrics("refusals_total", "unknown_type") == 20
    assert metrics("refusals_total", "invalid_message") == 1


async def test_closed_connections_are_counted_by_code(server, scrape):
    client = await server.connect()
    await client.send("x" * 5000)
    assert await client.close_code() == 1009

    assert (await scrape())("closes_total", "1009") == 1


async def test_latency_is_a_histogram_of_every_delivery(server, scrape):
    clients = [await server.connect() for _ in range(3)]
    for client in clients:
        await client.subscribe("public:news")
    await server.publish([NOTIFICATION | {"channel": "public:news"}] * 2)
    for client in clients * 2:
        await client.next_event()

    metrics = await scrape()
    name = "delivery_latency_seconds"
    counts = [v for (key, *_), v in metrics.samples.items() if key == f"shop_ws_{name}_bucket"]

    assert metrics(f"{name}_count") == metrics(f"{name}_bucket", "+Inf") == 6
    assert counts == sorted(counts)
    assert metrics(f"{name}_sum") > 0


async def test_the_event_loop_and_the_process_have_metrics(server, scrape):
    metrics = await scrape()

    assert metrics("event_loop_lag_seconds") >= 0
    assert ("shop_ws_event_loop_lag_seconds",) in metrics.samples
    assert metrics.samples["process_resident_memory_bytes",] > 0


async def test_the_newer_format_is_used_if_the_client_accepts_it(server):
    plain, _ = await server.read("/metrics")
    newer, text = await server.read(
        "/metrics", Accept="application/openmetrics-text; version=1.0.0"
    )

    assert plain.startswith("text/plain")
    assert newer.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")


def test_a_type_from_another_version_is_counted_with_the_others():
    counters = Counters()
    reporter = MonitorReporter(
        SingleNode("a", LocalConnectionLimiter(1), lambda: 0.0),
        Hub(counters, None, lambda: 0.0),
        None,
        counters,
        lambda: 0.0,
        lambda written: written(),
        1 << 20,
    )
    metrics = Metrics(reporter.node_stats, counters, LatencyHistogram(0.0), lambda: 0, {})
    for number in range(3):
        metrics.on_delivered(FakePublication(f"from_the_future_{number}"), 2)

    samples = Samples(generate_latest(metrics.registry).decode())

    assert samples.labels("messages_sent_total") == {"other"}
    assert samples("messages_sent_total", "other") == 6


class FakePublication:
    def __init__(self, type_):
        self.type = type_


async def test_failed_sign_ins_are_counted_by_where_they_failed(server, scrape):
    client = await server.connect("forged")
    assert (await client.next_event())["type"] == "auth_error"
    for token in ("forged", None):
        assert (await server.request("GET", "/api/nodes", token))[0] == 401

    metrics = await scrape()

    assert metrics("auth_failures_total", "websocket") == 1
    assert metrics("auth_failures_total", "401") == 2
