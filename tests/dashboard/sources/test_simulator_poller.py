"""Polling the simulator's state."""

import queue

import pytest

from client.http_client import ApiClient
from dashboard.sources.simulator_poller import SimulatorPoller
from protocol import codec


@pytest.fixture
def reported():
    return queue.Queue()


@pytest.fixture
def start_poller(reported):
    pollers = []

    def start(url):
        poller = SimulatorPoller(
            ApiClient(url, lambda: "t0ken"), reported.put, reported.put, interval_s=0.02
        )
        pollers.append(poller)
        poller.start()

    yield start
    for poller in pollers:
        poller.close()


def test_reports_the_state_of_the_simulator(site, start_poller, reported, shop):
    site.body = codec.encode_json(shop.stock(kyiv=3))
    start_poller(site.url)

    assert reported.get(timeout=10).products[0].stock["Київ"] == 3
    assert site.asked.get(timeout=10) == ("GET", "/state", b"", "Bearer t0ken")


def test_polls_repeatedly(site, start_poller, reported, shop):
    site.body = codec.encode_json(shop.stock())
    start_poller(site.url)

    assert [reported.get(timeout=10) for _ in range(3)] == [shop.stock()] * 3


def test_polls_once_on_demand(site, reported, shop):
    site.body = codec.encode_json(shop.stock())

    SimulatorPoller(ApiClient(site.url, lambda: "t0ken"), reported.put, reported.put).poll_once()

    assert reported.get_nowait() == shop.stock()


def test_a_late_response_does_not_replace_that_of_a_later_poll(reported, shop):
    class SlowApi:
        """Responds to the first request after a second one was made and answered."""

        is_first = True

        def get(self, path):
            if not self.is_first:
                return codec.encode_json(shop.stock(kyiv=2))
            self.is_first = False
            poller.poll_once()
            return codec.encode_json(shop.stock(kyiv=9))

    poller = SimulatorPoller(SlowApi(), reported.put, reported.put)
    poller.poll_once()
    poller.poll_once()

    assert [reported.get_nowait() for _ in range(2)] == [shop.stock(kyiv=2)] * 2
    assert reported.empty()


def test_reports_that_it_cannot_connect(site, start_poller, reported):
    site.server_close()
    start_poller(site.url)

    assert reported.get(timeout=10) == "cannot connect"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"{}", "HTTP 403 Forbidden"),
        (200, b"<html>", "unexpected response"),
        (200, b'{"products": 5}', "unexpected response"),
    ],
)
def test_reports_what_is_wrong_with_a_response(site, start_poller, reported, status, body, why):
    site.status, site.body = status, body
    start_poller(site.url)

    assert reported.get(timeout=10) == why


def test_continues_when_the_simulator_is_back(site, start_poller, reported, shop):
    site.status = 503
    start_poller(site.url)
    assert reported.get(timeout=10) == "HTTP 503 Service Unavailable"

    site.status, site.body = 200, codec.encode_json(shop.stock())

    while reported.get(timeout=10) != shop.stock():
        pass


def test_continues_after_an_error_that_nobody_foresaw(site, reported, shop, caplog):
    site.body = codec.encode_json(shop.stock())

    def report(state):
        reported.put(state)
        if reported.qsize() == 1:
            raise KeyError("a bug")

    poller = SimulatorPoller(
        ApiClient(site.url, lambda: "t0ken"), report, reported.put, interval_s=0.02
    )
    poller.start()
    assert [site.asked.get(timeout=10)[1] for _ in range(2)] == ["/state"] * 2
    poller.close()

    assert "a bug" in caplog.text


def test_can_be_closed_before_it_was_started(reported):
    SimulatorPoller(ApiClient("http://127.0.0.1:1", lambda: ""), reported.put, reported.put).close()

    assert reported.empty()
