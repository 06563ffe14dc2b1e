"""The client of the simulator's simulator_client API."""

import json

import pytest

from client.http_client import ApiClient, ApiRequestError
from dashboard.sources.simulator_client import SimulatorClient
from protocol.event_payloads import CustomerRef, OrderStatus
from protocol.simulator_api import PauseSimulation, PlaceOrder, SetSpeed


@pytest.fixture
def changes():
    return []


@pytest.fixture
def simulator_client(site, changes):
    return SimulatorClient(ApiClient(site.url, lambda: "t0ken"), lambda: changes.append("changed"))


def test_sends_a_command_with_its_fields(site, simulator_client, changes):
    site.body = b'{"command": "speed", "at": "2026-11-25T10:00:00Z", "speed": 10}'

    assert simulator_client.send_command(SetSpeed(speed=10)).command == "speed"

    method, path, body, _ = site.asked.get(timeout=10)
    assert (method, path, json.loads(body)) == (
        "POST",
        "/control",
        {"command": "speed", "speed": 10},
    )
    assert changes == ["changed"]


def test_omits_fields_that_are_not_set(site, simulator_client):
    site.body = b'{"command": "place_order", "at": "2026-11-25T10:00:00Z"}'

    simulator_client.send_command(PlaceOrder(product="prod_1"))

    body = json.loads(site.asked.get(timeout=10)[2])
    assert body == {"command": "place_order", "product": "prod_1"}


def test_returns_the_order_that_was_placed(site, simulator_client):
    site.body = (
        '{"command": "place_order", "at": "2026-11-25T10:00:00Z",'
        ' "order": {"id": "ord_1", "number": "ORD-1", "total": 420.50,'
        ' "status": "pending", "customer": {"id": "user_1", "name": "Олена"}}}'
    ).encode()

    order = simulator_client.send_command(PlaceOrder()).order

    assert (order.id, order.number, order.status) == ("ord_1", "ORD-1", OrderStatus.PENDING)
    assert order.customer == CustomerRef("user_1", "Олена")


def test_raises_an_error_with_the_simulators_message(site, simulator_client, changes):
    site.status = 422
    site.body = b'{"error": {"code": "invalid", "message": "1 to 60", "field": "speed"}}'

    with pytest.raises(ApiRequestError) as refused:
        simulator_client.send_command(SetSpeed(speed=600))

    assert (refused.value.detail.message, refused.value.detail.field) == ("1 to 60", "speed")
    assert changes == []


def test_fetches_the_scenarios_once(site, simulator_client):
    text = {"en": "Calm day", "uk": "Спокійний день"}
    texts = {"title": text, "sentence": text, "watch": text}
    scenario = {"name": "calm-day", **texts, "pages": [], "lasts_s": 0, "running": None}
    site.body = json.dumps({"scenarios": [scenario]}).encode()

    assert simulator_client.list_scenarios() == simulator_client.list_scenarios()
    assert site.asked.qsize() == 1


def test_fetches_again_after_a_failure(site, simulator_client):
    site.status = 503
    with pytest.raises(ApiRequestError):
        simulator_client.list_scenarios()
    site.status, site.body = 200, b'{"scenarios": []}'

    assert simulator_client.list_scenarios() == ()


@pytest.mark.parametrize(
    "ask", [lambda c: c.list_scenarios(), lambda c: c.send_command(PauseSimulation())]
)
def test_rejects_a_response_of_another_program(site, simulator_client, ask):
    site.body = b"<html>"

    with pytest.raises(ApiRequestError, match="unexpected response"):
        ask(simulator_client)
