"""The hand on the simulator."""

import json

import pytest

from client.http_client import ApiClient, ApiRequestError
from dashboard.sources.simulator_client import SimulatorClient
from protocol.event_payloads import CustomerRef, OrderStatus
from protocol.simulator_api import PauseSimulation, PlaceOrder, SetSpeed


@pytest.fixture
def noticed():
    return []


@pytest.fixture
def control(site, noticed):
    return SimulatorClient(ApiClient(site.url, lambda: "t0ken"), lambda: noticed.append("changed"))


def test_sends_a_command_with_its_fields(site, control, noticed):
    site.body = b'{"command": "speed", "at": "2026-11-25T10:00:00Z", "speed": 10}'

    assert control.send_command(SetSpeed(speed=10)).command == "speed"

    method, path, body, _ = site.asked.get(timeout=10)
    assert (method, path, json.loads(body)) == (
        "POST",
        "/control",
        {"command": "speed", "speed": 10},
    )
    assert noticed == ["changed"]


def test_leaves_out_what_is_left_to_the_simulator(site, control):
    site.body = b'{"command": "place_order", "at": "2026-11-25T10:00:00Z"}'

    control.send_command(PlaceOrder(product="prod_1"))

    body = json.loads(site.asked.get(timeout=10)[2])
    assert body == {"command": "place_order", "product": "prod_1"}


def test_tells_the_order_that_was_placed(site, control):
    site.body = (
        '{"command": "place_order", "at": "2026-11-25T10:00:00Z",'
        ' "order": {"id": "ord_1", "number": "ORD-1", "total": 420.50,'
        ' "status": "pending", "customer": {"id": "user_1", "name": "Олена"}}}'
    ).encode()

    order = control.send_command(PlaceOrder()).order

    assert (order.id, order.number, order.status) == ("ord_1", "ORD-1", OrderStatus.PENDING)
    assert order.customer == CustomerRef("user_1", "Олена")


def test_raises_a_refusal_in_the_simulators_words(site, control, noticed):
    site.status = 422
    site.body = b'{"error": {"code": "invalid", "message": "1 to 60", "field": "speed"}}'

    with pytest.raises(ApiRequestError) as told:
        control.send_command(SetSpeed(speed=600))

    assert (told.value.detail.message, told.value.detail.field) == ("1 to 60", "speed")
    assert noticed == []


def test_asks_for_the_scenarios_once(site, control):
    text = {"en": "Calm day", "uk": "Спокійний день"}
    texts = {"title": text, "sentence": text, "watch": text}
    scenario = {"name": "calm-day", **texts, "pages": [], "lasts_s": 0, "running": None}
    site.body = json.dumps({"scenarios": [scenario]}).encode()

    assert control.list_scenarios() == control.list_scenarios()
    assert site.asked.qsize() == 1


def test_asks_again_after_a_failure(site, control):
    site.status = 503
    with pytest.raises(ApiRequestError):
        control.list_scenarios()
    site.status, site.body = 200, b'{"scenarios": []}'

    assert control.list_scenarios() == ()


@pytest.mark.parametrize(
    "ask", [lambda c: c.list_scenarios(), lambda c: c.send_command(PauseSimulation())]
)
def test_knows_a_stranger(site, control, ask):
    site.body = b"<html>"

    with pytest.raises(ApiRequestError, match="not from a simulator"):
        ask(control)
