"""``GET /metrics``: what Prometheus reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.cluster.connection_limits import LocalConnectionLimiter
from server.cluster.single_node import SingleNode
from server.monitoring.counters import Counters
from server.monitoring.latency import LatencyHistogram
from server.monitoring.prometheus import Metrics
from server.monitoring.reporter import MonitorReporter
from server.pubsub.hub import Hub

NOTICE = {"type": "notification", "payload": {"id": "n_1", "title": "Увага", "body": "Знижки"}}


class Figures:
    """What /metrics said, by name and label."""

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
        return Figures((await server.read("/metrics"))[1])

    return scraping


async def test_who_is_there_is_a_gauge_and_falls_back_to_zero(server, scrape):
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
    await server.publish([NOTICE | {"channel": "public:news"}] * 4)
    await clients[0].ask("ping")

    figures = await scrape()

    assert figures("messages_received_total", "subscribe") == 3
    assert figures("messages_received_total", "ping") == 1
    assert figures("messages_sent_total", "subscribed") == 3
    assert figures("messages_sent_total", "pong") == 1
    assert figures("messages_sent_total", "notification") == 12
    assert (figures("publications_total"), figures("deliveries_total")) == (4, 12)


async def test_what_a_client_makes_up_is_one_label_however_often_it_does(server, scrape):
    client = await server.connect()
    for number in range(20):
        await client.ask(f"made_up_{number}")
    await client.send("no json")
    await client.receive()

    figures = await scrape()

    assert figures.labels("messages_received_total") == {"other"}
    assert figures("messages_received_total", "other") == 21
    assert figures("refusals_total", "unknown_type") == 20
    assert figures("refusals_total", "invalid_message") == 1


async def test_endings_are_counted_by_code(server, scrape):
    client = await server.connect()
    await client.send("x" * 5000)
    assert await client.close_code() == 1009

    assert (await scrape())("closes_total", "1009") == 1


async def test_latency_is_a_histogram_of_every_delivery(server, scrape):
    clients = [await server.connect() for _ in range(3)]
    for client in clients:
        await client.subscribe("public:news")
    await server.publish([NOTICE | {"channel": "public:news"}] * 2)
    for client in clients * 2:
        await client.next_event()

    figures = await scrape()
    name = "delivery_latency_seconds"
    counts = [v for (key, *_), v in figures.samples.items() if key == f"shop_ws_{name}_bucket"]

    assert figures(f"{name}_count") == figures(f"{name}_bucket", "+Inf") == 6
    assert counts == sorted(counts)
    assert figures(f"{name}_sum") > 0


async def test_the_loop_and_the_process_are_told_of(server, scrape):
    figures = await scrape()

    assert figures("event_loop_lag_seconds") >= 0
    assert ("shop_ws_event_loop_lag_seconds",) in figures.samples
    assert figures.samples["process_resident_memory_bytes",] > 0


async def test_the_newer_format_is_spoken_where_it_is_asked_for(server):
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
    )
    metrics = Metrics(reporter.node_stats, counters, LatencyHistogram(0.0), lambda: 0)
    for number in range(3):
        metrics.on_delivered(Published(f"from_the_future_{number}"), 2)

    figures = Figures(metrics.exposition("")[0].decode())

    assert figures.labels("messages_sent_total") == {"other"}
    assert figures("messages_sent_total", "other") == 6


class Published:
    def __init__(self, type_):
        self.type = type_
