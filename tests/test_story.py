"""End to end, with all three programs as processes: from an order to a client's messages."""

import json
import queue
import signal
import urllib.request

import pytest

from client.sync.client import ShopWebSocket

pytestmark = pytest.mark.xdist_group("story")
TIMEOUT_S = 60


class Watcher:
    """An admin's client; `receive` waits for a message."""

    def __init__(self, url, token):
        self._received = queue.Queue()
        self.socket = ShopWebSocket(url, token)
        self.socket.on("*", self._received.put)
        self.socket.connect(timeout=TIMEOUT_S)

    def receive(self, type_, matches=lambda payload: True):
        while True:
            message = self._received.get(timeout=TIMEOUT_S)
            if message["type"] == type_ and matches(message["payload"]):
                return message["payload"]


@pytest.fixture
def shop(launch, control):
    """Start a server and a busy simulator that publishes to it."""
    server = launch.server()
    simulator = launch.simulator(server, "--speed", "10", WORKBENCH_CUSTOMERS="3")
    control(simulator).wait_until_all_are_signed_in()
    return server, simulator


@pytest.fixture
def watch(token):
    """Connect admins' clients to a server; they are closed after the test."""
    watchers = []

    def start(server):
        url = f"ws://127.0.0.1:{server.port}/ws"
        watchers.append(Watcher(url, lambda: token("watcher", "admin")))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.socket.disconnect()


def get(port, path, token):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        return json.load(response)


def test_an_order_and_the_alert_that_it_causes_are_delivered(shop, watch, control):
    server, simulator = shop
    control = control(simulator)
    admin = watch(server)
    admin.socket.request("subscribe", {"channel": "tenant:shop"}, TIMEOUT_S)

    control.do(
        "pause"
    )  # no other order is placed, and this one is not paid before the subscription
    product = control.state()["products"][0]
    control.do("set_stock", product=product["id"], level=product["threshold"] + 1)
    placed = control.do("place_order", product=product["id"], quantity=2)["order"]
    order = admin.receive("new_order", lambda payload: payload["order"]["id"] == placed["id"])[
        "order"
    ]
    alert = admin.receive("inventory_alert", lambda payload: payload["alert_type"] == "low_stock")
    admin.socket.request("subscribe", {"channel": f"order:{order['id']}"}, TIMEOUT_S)
    control.do("resume")
    update = admin.receive("order_update", lambda payload: payload["order_id"] == order["id"])

    assert update["previous_status"] == "pending"
    assert update["order"]["items"] == order["items"]
    assert [item["product_id"] for item in order["items"]] == [product["id"]]
    assert (alert["product_id"], alert["sku"]) == (product["id"], product["sku"])
    assert alert["current_quantity"] <= alert["threshold"]
    assert alert["location"] in product["stock"]


def test_all_clients_reconnect_after_a_server_is_killed_and_its_data_is_kept(
    shop, watch, launch_server, token
):
    server, simulator = shop
    admin = watch(server)
    admin.socket.subscribe("tenant:shop")
    order = admin.receive("new_order")["order"]
    conversation = admin.receive("chat_message")["conversation_id"]

    server.stop(signal.SIGKILL)
    restarted = launch_server(server.port)
    later = admin.receive("new_order", lambda payload: payload["order"]["id"] != order["id"])
    admin.receive("customer_activity")

    assert later["order"]["id"] != order["id"]
    reply = admin.socket.request("subscribe", {"channel": f"order:{order['id']}"}, TIMEOUT_S)
    assert reply["type"] == "subscribed"
    history = get(
        restarted.port, f"/api/conversations/{conversation}/messages", token("watcher", "agent")
    )
    assert history["messages"]
    for program in (simulator, restarted):
        assert program.stop() == 0
        assert "Traceback" not in program.output


def test_the_workbench_responds_and_stops_cleanly(shop, launch):
    workbench = launch.workbench(*shop)

    url = f"http://127.0.0.1:{workbench.port}/_stcore/health"
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
        assert response.status == 200
    assert workbench.stop() == 0
    assert "Traceback" not in workbench.output
