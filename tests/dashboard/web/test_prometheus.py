"""Metrics of the workbench."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from starlette.requests import Request

from dashboard.dependencies import Dependencies, install
from dashboard.web import prometheus


@pytest.fixture
def metrics(busy_feed):
    with install(Dependencies(feed=busy_feed)):
        yield lambda: bytes(prometheus.serve_metrics(Request({"type": "http"})).body).decode()


def test_counts_the_ticks_of_each_page(metrics):
    with prometheus.measure_tick("a-page"):
        pass

    assert 'workbench_tick_seconds_count{page="a-page"} 1.0' in metrics()


def test_counts_a_tick_that_ended_early(metrics):
    with pytest.raises(ZeroDivisionError), prometheus.measure_tick("a-hasty-page"):
        raise ZeroDivisionError

    assert 'workbench_tick_seconds_count{page="a-hasty-page"} 1.0' in metrics()


def test_reports_the_number_of_messages_and_the_memory_used(metrics):
    metrics_text = metrics()

    assert "workbench_monitor_messages_total 5.0" in metrics_text
    assert "process_resident_memory_bytes" in metrics_text


def test_the_counter_of_messages_goes_on_after_a_reset_of_the_shop(metrics, busy_feed, shop):
    reset = replace(shop.stock(), run="a2", reset_at=datetime.fromtimestamp(shop.noon, UTC))
    busy_feed.on_shop_state(reset)

    assert busy_feed.snapshot().message_count == 0
    assert "workbench_monitor_messages_total 5.0" in metrics()


def test_the_reports_of_the_monitor_are_not_among_the_messages_it_counts(metrics, socket, shop):
    socket.receive("traffic", shop.traffic(kinds={"monitor": 2, "user": 1}))

    assert "workbench_monitor_messages_total 6.0" in metrics()
