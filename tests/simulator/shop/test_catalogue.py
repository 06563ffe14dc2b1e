"""The catalogue: the shop's own is sound, and a mistake in a file is named with its place."""

import json

import pytest

from protocol.money import Money
from simulator.data_files import InvalidDataFile
from simulator.shop import catalogue

PLACES = '[[warehouses]]\nname = "Київ"\nlead_time_s = [40, 120]\n'
KETTLE = {
    "id": "prod_1",
    "sku": "KET-1",
    "name": "Чайник",
    "category": "Кухня",
    "price": "1299.00",
    "threshold": 5,
    "reorder_quantity": 20,
    "popularity": 3,
    "stock": {"Київ": 9},
}
CUP = {**KETTLE, "id": "prod_2", "sku": "CUP-1"}


def parse(*products):
    return catalogue.parse_catalogue(PLACES, "\n".join(json.dumps(product) for product in products))


def test_has_about_sixty_products_in_three_warehouses(premises):
    assert len(premises.catalogue.products) == 60
    assert [w.name for w in premises.catalogue.warehouses] == ["Київ", "Львів", "Одеса"]


def test_has_prices_with_kopecks():
    (kettle,) = parse(KETTLE).products

    assert isinstance(kettle.price, Money)
    assert str(kettle.price) == "1299.00"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"price": 1299.0}, "Expected an amount as text with kopecks"),
        ({"price": "1299"}, "Expected an amount as text with kopecks"),
        ({"price": "12,99"}, "Expected an amount as text with kopecks"),
        ({"price": "NaN"}, "Expected an amount as text with kopecks"),
        ({"price": "0.00"}, "the price is not above zero"),
        ({"name": ""}, "length >= 1 - at `$.name`"),
        ({"id": "kettle"}, "at `$.id`"),
        ({"threshold": 0}, "at `$.threshold`"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"stock": {"Львів": 9}}, "stock is not given for Київ"),
        ({"stock": {"Київ": 5}}, "a warehouse starts with 5 pieces"),
        ({"reorder_quantity": 5}, "a delivery of 5 does not exceed the threshold"),
        ({"id": "prod_1"}, "the id is used twice"),
        ({"sku": "KET-1"}, "the SKU KET-1 is used twice"),
    ],
)
def test_names_the_line_of_a_wrong_product(change, problem):
    with pytest.raises(InvalidDataFile) as refused:
        parse(KETTLE, {**CUP, **change})

    assert str(refused.value).startswith("products.jsonl, line 2")
    assert problem in str(refused.value)


def test_names_the_line_that_is_no_json():
    with pytest.raises(InvalidDataFile, match=r"products\.jsonl, line 3: "):
        catalogue.parse_catalogue(PLACES, f"{json.dumps(KETTLE)}\n\n{{")


def test_of_nothing_is_no_catalogue():
    with pytest.raises(InvalidDataFile, match="there is no product"):
        catalogue.parse_catalogue(PLACES, "\n")


@pytest.mark.parametrize(
    ("places", "problem"),
    [
        ("[[warehouses]", r"warehouses\.toml: "),
        ('[[warehouses]]\nname = "Київ"', r"warehouses\.toml: .*lead_time_s"),
        (
            PLACES.replace("40", "400"),
            r"warehouses\.toml, Київ: the longest lead time is first",
        ),
    ],
)
def test_names_a_wrong_warehouse(places, problem):
    with pytest.raises(InvalidDataFile, match=problem):
        catalogue.parse_catalogue(places, json.dumps(KETTLE))
