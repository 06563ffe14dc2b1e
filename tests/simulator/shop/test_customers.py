"""Customers: a number always gives the same person."""

import pytest

from simulator.data_files import InvalidDataFile, read_text
from simulator.shop import customers

FEMALE = {"ська", "цька", "зька"}
MALE = {"ський", "цький", "зький"}


def test_customers_are_the_same_in_every_run(shop_data):
    again = customers.load_customers(shop_data.catalogue, shop_data.language)

    assert [again.customer(n) for n in range(1, 50)] == [
        shop_data.customers.customer(n) for n in range(1, 50)
    ]


def test_the_id_of_a_customer_contains_their_number(shop_data):
    assert shop_data.customers.customer(7).id == "user_7"


def test_surnames_agree_with_first_names(shop_data):
    """
    No female name ends in -ський and no male one in -ська; both endings occur.
    """
    names = [shop_data.customers.customer(n).name.split() for n in range(1, 500)]
    women = {first for first, last in names if last[-4:] in FEMALE}
    men = {first for first, last in names if last[-5:] in MALE}

    assert women
    assert men
    assert not women & men


def test_customers_live_in_several_cities_with_a_warehouse_each(shop_data):
    lives = {(c.city, c.warehouse) for c in map(shop_data.customers.customer, range(1, 200))}

    assert {"Київ", "Львів", "Одеса"} <= {city for city, _ in lives}
    assert ("Харків", "Київ") in lives


def test_a_city_with_an_unknown_warehouse_is_reported(shop_data):
    text = read_text("people.toml").replace('warehouse = "odesa"', 'warehouse = "sumy"')

    with pytest.raises(InvalidDataFile, match=r"people\.toml, Одеса: there is no warehouse sumy"):
        customers.parse_customers(text, shop_data.catalogue, shop_data.language)
