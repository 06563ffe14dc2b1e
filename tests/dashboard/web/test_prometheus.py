"""Metrics of the workbench."""

import pytest
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

    assert "workbench_messages_told 5.0" in metrics_text
    assert "process_resident_memory_bytes" in metrics_text
