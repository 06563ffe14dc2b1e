"""The whole line, with all three programs as processes: from an order to what a client sees."""

import json
import queue
import signal
import urllib.request

import pytest

from client.sync.client import ShopWebSocket

pytestmark = pytest.mark.xdist_group("story")
PATIENCE_S = 60


class Watcher:
    """An admin's client; `hear` waits for a message."""

    def __init__(self, url, token):
        self._heard = queue.Queue()
        self.socket = ShopWebSocket(url, token)
        self.socket.on("*", self._heard.put)
        self.socket.connect(timeout=PATIENCE_S)

    def hear(self, type_, matches=lambda payload: True):
        while True:
            message = self._heard.get(timeout=PATIENCE_S)
            if message["type"] == type_ and matches(message["payload"]):
                return message["payload"]


@pytest.fixture
def shop(launch, control):
    """Start the server, then a busy simulator of it."""
    server = launch.server()
    simulator = launch.simulator(server, "--speed", "10", WORKBENCH_CUSTOMERS="3")
    control(simulator).wait_until_all_are_signed_in()
    return server, simulator


@pytest.fixture
def watch(token):
    """Open admins' clients of a server; they end with the test."""
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
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def test_an_order_is_followed_to_the_alert_that_it_causes(shop, watch, control):
    server, simulator = shop
    control = control(simulator)
    admin = watch(server)
    admin.socket.request("subscribe", {"channel": "tenant:shop"})

    control.do("pause")  # nobody else buys, and the order is not paid before it is followed
    product = control.state()["products"][0]
    control.do("set_stock", product=product["id"], level=product["threshold"] + 1)
    placed = control.do("place_order", product=product["id"], quantity=2)["order"]
    order = admin.hear("new_order", lambda payload: payload["order"]["id"] == placed["id"])["order"]
    alert = admin.hear("inventory_alert", lambda payload: payload["alert_type"] == "low_stock")
    admin.socket.request("subscribe", {"channel": f"order:{order['id']}"})
    control.do("resume")
    update = admin.hear("order_update", lambda payload: payload["order_id"] == order["id"])

    assert update["previous_status"] == "pending"
    assert update["order"]["items"] == order["items"]
    assert [item["product_id"] for item in order["items"]] == [product["id"]]
    assert (alert["product_id"], alert["sku"]) == (product["id"], product["sku"])
    assert alert["current_quantity"] <= alert["threshold"]
    assert alert["location"] in product["stock"]


def test_a_killed_server_is_found_again_by_everybody_and_has_forgotten_nothing(
    shop, watch, launch_server, token
):
    server, simulator = shop
    admin = watch(server)
    admin.socket.subscribe("tenant:shop")
    order = admin.hear("new_order")["order"]
    talk = admin.hear("chat_message")["conversation_id"]

    server.stop(signal.SIGKILL)
    again = launch_server(server.port)
    later = admin.hear("new_order", lambda payload: payload["order"]["id"] != order["id"])
    admin.hear("customer_activity")

    assert later["order"]["id"] != order["id"]
    reply = admin.socket.request("subscribe", {"channel": f"order:{order['id']}"})
    assert reply["type"] == "subscribed"
    lines = get(again.port, f"/api/conversations/{talk}/messages", token("watcher", "agent"))
    assert lines["messages"]
    for program in (simulator, again):
        assert program.stop() == 0
        assert "Traceback" not in program.output


def test_the_workbench_answers_and_ends_cleanly(shop, launch):
    workbench = launch.workbench(*shop)

    url = f"http://127.0.0.1:{workbench.port}/_stcore/health"
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        assert answer.status == 200
    assert workbench.stop() == 0
    assert "Traceback" not in workbench.output
