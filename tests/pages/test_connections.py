"""The Connections page in a real browser: the list, access checks and disconnecting."""

import time
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


def clients(page):
    return page.locator(".st-key-rows-who")


def test_a_client_is_found_and_its_access_to_a_channel_explained(
    open_page, head, row_of, customer, socket
):
    page = open_page(f"connections?who={customer}")
    expect(head(page)).to_contain_text("connections")

    row_of(clients(page), customer).click()
    expect(page.get_by_text("Check access to a channel")).to_be_visible()
    asked = page.locator(".st-key-channel-query input")
    asked.fill("tenant:shop")
    asked.press("Enter")

    expect(page.get_by_text("Not allowed on this channel")).to_be_visible()
    expect(page.get_by_text("this user is not staff")).to_be_visible()

    asked.fill(f"user:{customer}")
    asked.press("Enter")

    expect(page.get_by_text("Subscribed to this channel")).to_be_visible()


def test_a_connection_is_closed_after_a_confirmation(open_page, customer, socket):
    page = open_page(f"connections?who={customer}")

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
