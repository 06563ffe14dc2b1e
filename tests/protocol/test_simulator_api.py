"""The control API of the simulator: what one program encodes, the other decodes."""

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from protocol import codec
from protocol.event_payloads import CustomerRef, OrderItem, OrderStatus
from protocol.money import Money
from protocol.simulator_api import (
    ClientPoolState,
    Command,
    CommandResponse,
    CustomerState,
    FinishedScenario,
    LocalizedText,
    OrderState,
    OrderSummary,
    PlaceOrder,
    ProductState,
    PublisherState,
    RunningScenario,
    ScenarioInfo,
    ScenarioList,
    ScenarioPhase,
    ShopState,
    StatusChange,
    command_name,
    decode_command_response,
    decode_scenario_list,
    decode_shop_state,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
OLENA = CustomerRef("user_1", "Олена")
RUNNING = RunningScenario("flash-sale", NOON, NOON, 0.5, 60.0)
STATE = ShopState(
    started_at=NOON,
    now=NOON,
    elapsed_s=1.5,
    skipped_s=0.0,
    speed=10.0,
    run="k3",
    seed=7,
    rate=20.0,
    running=False,
    scenarios=(RUNNING,),
    ended=(FinishedScenario("stock-out", NOON, NOON, ScenarioPhase.FINISHED),),
    tenant="shop",
    currency="UAH",
    warehouses=("Київ",),
    products=(
        ProductState(
            "p", "S", "Кобзар", "books", Money("420.50"), Money("420.50"), 5, {"Київ": 3}, 1
        ),
    ),
    orders=(
        OrderState(
            id="ord_1",
            number="ORD-1",
            total=Money("420.50"),
            currency="UAH",
            status=OrderStatus.PENDING,
            customer=OLENA,
            items=(OrderItem("p", "Кобзар", 1, Money("420.50")),),
            created_at=NOON,
            history=(StatusChange(OrderStatus.PENDING, NOON),),
            payment_status="pending",
        ),
    ),
    live_orders=1,
    orders_by_status={OrderStatus.PENDING: 1},
    publications={"new_order": 1},
    revenue_today=Money("0.00"),
    publisher=PublisherState(1, 2, 0, 0, 0, 0),
    presence=ClientPoolState(2, 2, 0, 0),
    customers=(CustomerState("user_1", "Олена", True),),
)


def test_a_state_is_decoded_as_it_was_encoded():
    decoded = decode_shop_state(codec.encode_json(STATE))

    assert decoded == STATE
    assert str(decoded.products[0].price) == "420.50"
    assert isinstance(decoded.orders[0].total, Money)


def test_a_field_that_a_later_simulator_adds_is_ignored():
    raw = codec.encode_json(STATE).replace(b'{"started_at"', b'{"weather":"sunny","started_at"', 1)

    assert decode_shop_state(raw) == STATE


def test_a_state_knows_the_progress_of_a_running_scenario():
    assert STATE.running_scenario("flash-sale") is RUNNING
    assert STATE.running_scenario("stock-out") is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"warehouses": []}'])
@pytest.mark.parametrize(
    "decode", [decode_shop_state, decode_scenario_list, decode_command_response]
)
def test_a_body_that_is_no_response_of_a_simulator_is_rejected(body, decode):
    with pytest.raises(msgspec.DecodeError):
        decode(body)


def test_scenarios_are_decoded_as_they_were_encoded():
    text = LocalizedText("Flash sale", "Розпродаж")
    scenarios = ScenarioList(
        (
            ScenarioInfo("flash-sale", text, text, text, ("orders",), 120.0, RUNNING),
            ScenarioInfo("calm-day", text, text, text, ("overview", "orders"), 300.0, None),
        )
    )

    assert decode_scenario_list(codec.encode_json(scenarios)) == scenarios


def test_a_text_is_returned_in_a_language():
    text = LocalizedText("Flash sale", "Розпродаж")

    assert (text.in_language("en"), text.in_language("uk")) == ("Flash sale", "Розпродаж")


def test_a_text_that_is_missing_in_a_language_is_returned_in_english():
    assert LocalizedText("Flash sale", "").in_language("uk") == "Flash sale"
    assert LocalizedText("Flash sale", "Розпродаж").in_language("pl") == "Flash sale"


@pytest.mark.parametrize(
    "response",
    [
        CommandResponse(command="pause", at=NOON),
        CommandResponse(command="restock", at=NOON, shelves=0),
        CommandResponse(
            command="place_order",
            at=NOON,
            order=OrderSummary("ord_1", "ORD-1", OrderStatus.PENDING, Money("420.50"), OLENA),
        ),
    ],
)
def test_a_response_to_a_command_is_decoded_as_it_was_encoded(response):
    assert decode_command_response(codec.encode_json(response)) == response


def test_a_response_has_only_the_fields_that_the_command_sets():
    assert codec.encode_json(CommandResponse(command="pause", at=NOON)) == (
        b'{"command":"pause","at":"2026-11-25T12:00:00Z"}'
    )


def test_a_command_is_encoded_without_what_is_left_to_the_simulator():
    assert codec.encode_json(PlaceOrder(product="prod_1")) == (
        b'{"command":"place_order","product":"prod_1"}'
    )


def test_the_name_of_a_command_is_its_field_on_the_wire():
    assert command_name(PlaceOrder()) == "place_order"
    assert len({kind.__struct_config__.tag for kind in get_args(Command)}) == len(get_args(Command))
