"""The Connections page in a real browser: the list, the event log, access and disconnecting."""

import json
import re
import socket as sockets
import time
import urllib.request
from itertools import count

import pytest
from playwright.sync_api import expect

from client.sync.client import ShopWebSocket

WAIT_S = 30.0
numbers = count(1)


@pytest.fixture
def customer():
    """The id of a customer of this test alone: the list is up to a second old."""
    return f"olena-{next(numbers)}"


@pytest.fixture
def socket(programs, token, customer):
    """A connection of that customer."""
    socket = ShopWebSocket(
        f"ws://127.0.0.1:{programs.server_program.port}/ws", lambda: token(customer, name="Olena")
    )
    socket.connect(WAIT_S)
    yield socket
    socket.disconnect()


@pytest.fixture
def ask_server(programs, token):
    """Send JSON to the server; return the JSON of the answer."""

    def ask(path, body=None, role="admin"):
        headers = {"Authorization": f"Bearer {token('boss', role)}"}
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{programs.server_program.port}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
            return json.load(answer)

    return ask


@pytest.fixture
def slow_client(programs, token):
    """Sign in on a socket that nothing reads, with a small buffer: slow_client(user)."""
    opened = []

    def connect(user):
        raw = sockets.socket()
        opened.append(raw)
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", programs.server_program.port))
        raw.sendall(
            f"GET /ws?token={token(user)} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )

    yield connect
    for raw in opened:
        raw.close()


def clients(page):
    return page.locator(".st-key-rows-who")


def test_a_client_is_found_its_access_explained_and_its_connection_closed(
    open_page, head, row_of, customer, socket
):
    page = open_page(f"connections?who={customer}")
    expect(head(page)).to_contain_text("connections")

    row_of(clients(page), customer).click()
    expect(page.get_by_text("Why didn't this client receive it?")).to_be_visible()
    asked = page.locator(".st-key-channel-query input")
    asked.fill("tenant:shop")
    asked.press("Enter")

    expect(page.get_by_text("Not allowed on this channel")).to_be_visible()
    expect(page.get_by_text("this user is not staff")).to_be_visible()

    asked.fill(f"user:{customer}")
    asked.press("Enter")

    expect(page.get_by_text("Subscribed to this channel")).to_be_visible()

    clients(page).get_by_role("button", name="Disconnect Olena").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Disconnect Olena?")
    assert socket.status.close_code is None
    question.get_by_role("button", name="Disconnect").click()

    expect(page.get_by_text("1 connection closed")).to_be_visible()
    deadline = time.monotonic() + WAIT_S
    while socket.status.close_code != 4003:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    expect(page.get_by_text("No matching connections")).to_be_visible()


def test_a_slow_client_is_evident_before_and_after_it_is_evicted(
    open_page, row_of, ask_server, slow_client
):
    user = f"slow-{next(numbers)}"
    payload = {"id": "n_1", "title": "Big", "body": "Big", "filler": "x" * 60_000}

    def publish():
        ask_server(
            "/api/publish",
            {"user": user, "type": "notification", "payload": payload},
            "service",
        )
        listed = ask_server(f"/api/connections?user_id={user}")["connections"]
        return listed[0]["waiting_bytes"] if listed else None

    page = open_page("connections?sort=waiting")
    slow_client(user)
    deadline = time.monotonic() + WAIT_S
    while (publish() or 0) < 850_000:
        assert time.monotonic() < deadline

    first = row_of(clients(page))
    expect(first).to_contain_text(user)
    expect(first.locator(".bad")).to_be_visible()

    while publish() is not None:
        assert time.monotonic() < deadline
    evicted = row_of(page.locator(".st-key-rest-connection-events"), user)
    expect(evicted).to_contain_text("evicted")
    expect(evicted).to_contain_text(re.compile(r"4100 · [\d.]+ MiB queued"))
