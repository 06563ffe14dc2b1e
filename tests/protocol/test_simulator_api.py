"""What the simulator says of itself."""

import msgspec
import pytest

from protocol.simulator_api__merge_simulation import (
    RunningScenario,
    decode_scenarios,
    decode_state,
    localized,
)

PRODUCT = (
    '{"id": "p", "sku": "S", "name": "Кобзар", "category": "books", "price": 420.50,'
    ' "threshold": 5, "stock": {"Київ": 3}, "sold": 1}'
)


def test_is_read_and_what_is_not_drawn_is_passed_over():
    answer = f'{{"seed": 7, "warehouses": ["Київ"], "products": [{PRODUCT}], "orders": [{{}}]}}'

    shop = decode_state(answer.encode())

    assert (str(shop.products[0].price), shop.products[0].stock) == ("420.50", {"Київ": 3})
    assert (shop.seed, shop.running, shop.scenarios) == (7, True, ())


def test_tells_how_far_a_scenario_is():
    answer = (
        b'{"warehouses": [], "products": [], "running": false, "speed": 10, "run": "k3",'
        b' "now": "2026-11-25T10:00:00Z", "scenarios": [{"name": "flash-sale", "started_at":'
        b' "2026-11-25T09:59:00Z", "progress": 0.5, "left_s": 60}], "ended": [{"name": "stock-out",'
        b' "started_at": "2026-11-25T09:00:00Z", "ended_at": "2026-11-25T09:04:00Z",'
        b' "how": "over"}]}'
    )

    shop = decode_state(answer)

    assert shop.running_scenario("flash-sale") == RunningScenario("flash-sale", 0.5, 60.0)
    assert shop.running_scenario("stock-out") is None
    assert (shop.running, shop.speed, shop.run, shop.ended[0].how) == (False, 10.0, "k3", "over")


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"warehouses": []}'])
def test_is_refused_where_it_is_no_shop(answer):
    with pytest.raises(msgspec.DecodeError):
        decode_state(answer)


def test_lists_what_it_can_play():
    answer = (
        '{"scenarios": [{"name": "flash-sale", "title": {"en": "Flash sale", "uk": "Розпродаж"},'
        ' "sentence": {"en": "x"}, "watch": {"en": "y"}, "pages": ["orders"], "lasts_s": 120,'
        ' "running": null}]}'
    )

    (scenario,) = decode_scenarios(answer.encode())

    assert (scenario.name, scenario.pages, scenario.lasts_s) == ("flash-sale", ("orders",), 120.0)
    assert localized(scenario.title, "uk") == "Розпродаж"


def test_speaks_another_language_rather_than_none():
    assert localized({"en": "Flash sale"}, "uk") == "Flash sale"
    assert localized({}, "uk") == ""
