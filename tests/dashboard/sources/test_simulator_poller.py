"""Asking the site for the stock."""

import queue

import pytest

from client.http_client import ApiClient
from dashboard.sources.simulator_poller import SimulatorPoller
from protocol import codec


@pytest.fixture
def told():
    return queue.Queue()


@pytest.fixture
def poll(told):
    pollers = []

    def start(url):
        poller = SimulatorPoller(
            ApiClient(url, lambda: "t0ken"), told.put, told.put, interval_s=0.02
        )
        pollers.append(poller)
        poller.start()

    yield start
    for poller in pollers:
        poller.close()


def test_tells_what_the_simulator_answers(site, poll, told, shop):
    site.body = codec.encode_json(shop.stock(kyiv=3))
    poll(site.url)

    assert told.get(timeout=10).products[0].stock["Київ"] == 3
    assert site.asked.get(timeout=10) == ("GET", "/state", b"", "Bearer t0ken")


def test_asks_again_and_again(site, poll, told, shop):
    site.body = codec.encode_json(shop.stock())
    poll(site.url)

    assert [told.get(timeout=10) for _ in range(3)] == [shop.stock()] * 3


def test_asks_at_once_where_something_was_changed(site, told, shop):
    site.body = codec.encode_json(shop.stock())

    SimulatorPoller(ApiClient(site.url, lambda: "t0ken"), told.put, told.put).poll_once()

    assert told.get_nowait() == shop.stock()


def test_says_that_nobody_answers(site, poll, told):
    site.server_close()
    poll(site.url)

    assert told.get(timeout=10) == "cannot connect"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"{}", "HTTP 403 Forbidden"),
        (200, b"<html>", "unexpected response to GET /state"),
        (200, b'{"products": 5}', "unexpected response to GET /state"),
    ],
)
def test_says_what_is_wrong_with_the_answer(site, poll, told, status, body, why):
    site.status, site.body = status, body
    poll(site.url)

    assert told.get(timeout=10) == why


def test_goes_on_when_the_simulator_is_back(site, poll, told, shop):
    site.status = 503
    poll(site.url)
    assert told.get(timeout=10) == "HTTP 503 Service Unavailable"

    site.status, site.body = 200, codec.encode_json(shop.stock())

    while told.get(timeout=10) != shop.stock():
        pass


def test_can_be_closed_before_it_was_started(told):
    SimulatorPoller(ApiClient("http://127.0.0.1:1", lambda: ""), told.put, told.put).close()

    assert told.empty()
