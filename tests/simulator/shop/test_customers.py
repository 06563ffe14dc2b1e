"""Customers: always the same person under the same number, with a name that agrees."""

import pytest

from simulator.data_files import InvalidDataFile, read_text
from simulator.shop import customers

FEMALE = {"ська", "цька", "зька"}
MALE = {"ський", "цький", "зький"}


def test_are_the_same_people_in_every_run(premises):
    again = customers.load_customers(premises.catalogue)

    assert [again.customer(n) for n in range(1, 50)] == [
        premises.customers.customer(n) for n in range(1, 50)
    ]


def test_have_an_id_of_their_number(premises):
    assert premises.customers.customer(7).id == "user_7"


def test_have_surnames_that_agree_with_their_first_names(premises):
    """
    No woman is called -ський and no man -ська; both do occur.
    """
    names = [premises.customers.customer(n).name.split() for n in range(1, 500)]
    women = {first for first, last in names if last[-4:] in FEMALE}
    men = {first for first, last in names if last[-5:] in MALE}

    assert women
    assert men
    assert not women & men


def test_live_in_more_than_one_city_with_its_warehouse(premises):
    lives = {(c.city, c.warehouse) for c in map(premises.customers.customer, range(1, 200))}

    assert {"Київ", "Львів", "Одеса"} <= {city for city, _ in lives}
    assert ("Харків", "Київ") in lives


def test_cannot_be_served_from_a_warehouse_that_is_not_there(premises):
    text = read_text("people.toml").replace('warehouse = "Одеса"', 'warehouse = "Суми"')

    with pytest.raises(InvalidDataFile, match=r"people\.toml, Одеса: there is no warehouse Суми"):
        customers.parse_customers(text, premises.catalogue)
