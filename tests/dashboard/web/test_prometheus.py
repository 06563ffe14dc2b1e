"""What the workbench tells of itself."""

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


def test_says_how_many_messages_were_told_of_and_what_memory_it_takes(metrics):
    told = metrics()

    assert "workbench_messages_told 5.0" in told
    assert "process_resident_memory_bytes" in told
