"""Asking the simulator for the stock."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dashboard.poll import Poller
from protocol import codec


class Simulator(ThreadingHTTPServer):
    """A real HTTP server on a free port of the loopback that answers as it is told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.status, self.body = 200, b""
        self.asked = queue.Queue()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Asked(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.put((self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args):
        pass


@pytest.fixture
def simulator():
    server = Simulator()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told():
    return queue.Queue()


@pytest.fixture
def poll(told):
    pollers = []

    def start(url):
        poller = Poller(url, lambda: "t0ken", told.put, told.put, every_s=0.02)
        pollers.append(poller)
        poller.start()

    yield start
    for poller in pollers:
        poller.close()


def test_tells_what_the_simulator_answers(simulator, poll, told, shop):
    simulator.body = codec.write(shop.stock(kyiv=3))
    poll(simulator.url)

    assert told.get(timeout=10).products[0].stock["Київ"] == 3
    assert simulator.asked.get(timeout=10) == ("/state", "Bearer t0ken")


def test_asks_again_and_again(simulator, poll, told, shop):
    simulator.body = codec.write(shop.stock())
    poll(simulator.url)

    assert [told.get(timeout=10) for _ in range(3)] == [shop.stock()] * 3


def test_says_that_nobody_answers(simulator, poll, told):
    simulator.server_close()
    poll(simulator.url)

    assert told.get(timeout=10) == "nobody answers"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, b"{}", "it answered 403 Forbidden"),
        (200, b"<html>", "its answer is not the state of a shop"),
        (200, b'{"products": 5}', "its answer is not the state of a shop"),
    ],
)
def test_says_what_is_wrong_with_the_answer(simulator, poll, told, status, body, why):
    simulator.status, simulator.body = status, body
    poll(simulator.url)

    assert told.get(timeout=10) == why


def test_goes_on_when_the_simulator_is_back(simulator, poll, told, shop):
    simulator.status = 503
    poll(simulator.url)
    assert told.get(timeout=10) == "it answered 503 Service Unavailable"

    simulator.status, simulator.body = 200, codec.write(shop.stock())

    while told.get(timeout=10) != shop.stock():
        pass


def test_can_be_closed_before_it_was_started(told):
    Poller("http://127.0.0.1:1", lambda: "", told.put, told.put).close()

    assert told.empty()
