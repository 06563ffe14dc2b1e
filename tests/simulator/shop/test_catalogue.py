"""The catalogue: the data files are valid, and errors name the file and the line."""

import json

import pytest

from protocol.money import Money
from protocol.simulator_api import ShopLanguage
from simulator.data_files import InvalidDataFile
from simulator.shop import catalogue

WAREHOUSES_TOML = """[[warehouses]]
id = "kyiv"
name = { uk = "Київ", en = "Kyiv" }
lead_time_s = [40, 120]
"""
CATEGORIES_TOML = '[categories]\nkitchen = { uk = "Кухня", en = "Kitchen" }\n'
KETTLE = {
    "id": "prod_1",
    "sku": "KET-1",
    "name": {"uk": "Чайник", "en": "Kettle"},
    "category": "kitchen",
    "price": "1299.00",
    "threshold": 5,
    "reorder_quantity": 20,
    "popularity": 3,
    "stock": {"kyiv": 9},
}
CUP = {**KETTLE, "id": "prod_2", "sku": "CUP-1"}


def parse_text(products, language=ShopLanguage.UKRAINIAN, warehouses=WAREHOUSES_TOML):
    return catalogue.parse_catalogue(warehouses, CATEGORIES_TOML, products, language)


def parse(*products, **options):
    return parse_text("\n".join(json.dumps(product) for product in products), **options)


def test_the_catalogue_has_sixty_products_in_three_warehouses(shop_data):
    assert len(shop_data.catalogue.products) == 60
    assert [w.name for w in shop_data.catalogue.warehouses] == ["Київ", "Львів", "Одеса"]


def test_names_are_in_the_language_of_the_shop():
    (kettle,) = parse(KETTLE, language=ShopLanguage.ENGLISH).products

    assert (kettle.name, kettle.category, kettle.stock) == ("Kettle", "Kitchen", {"Kyiv": 9})


def test_prices_have_kopecks():
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
        ({"name": {"uk": "Чайник"}}, "No text in en beside {'uk': 'Чайник'}"),
        ({"category": "toys"}, "there is no category toys"),
        ({"id": "kettle"}, "at `$.id`"),
        ({"threshold": 0}, "at `$.threshold`"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"stock": {"lviv": 9}}, "stock is not given for kyiv"),
        ({"stock": {"kyiv": 5}}, "a warehouse starts with 5 pieces"),
        ({"reorder_quantity": 5}, "a delivery of 5 does not exceed the threshold"),
        ({"id": "prod_1"}, "the id is used twice"),
        ({"sku": "KET-1"}, "the SKU KET-1 is used twice"),
    ],
)
def test_the_line_of_an_invalid_product_is_reported(change, problem):
    with pytest.raises(InvalidDataFile) as rejected:
        parse(KETTLE, {**CUP, **change})

    assert str(rejected.value).startswith("products.jsonl, line 2")
    assert problem in str(rejected.value)


def test_the_line_that_is_not_json_is_reported():
    with pytest.raises(InvalidDataFile, match=r"products\.jsonl, line 3: "):
        parse_text(f"{json.dumps(KETTLE)}\n\n{{")


def test_a_catalogue_without_products_is_invalid():
    with pytest.raises(InvalidDataFile, match="there is no product"):
        parse_text("\n")


@pytest.mark.parametrize(
    ("warehouses", "problem"),
    [
        ("[[warehouses]", r"warehouses\.toml: "),
        ('[[warehouses]]\nid = "kyiv"\nname = "Київ"', r"warehouses\.toml: .*lead_time_s"),
        (
            WAREHOUSES_TOML.replace("40", "400"),
            r"warehouses\.toml, Київ: the longest lead time is first",
        ),
    ],
)
def test_an_invalid_warehouse_is_reported(warehouses, problem):
    with pytest.raises(InvalidDataFile, match=problem):
        parse(KETTLE, warehouses=warehouses)
