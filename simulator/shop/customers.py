"""Generates customers; a number always gives the same customer."""

from __future__ import annotations

import random
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from protocol.event_payloads import CustomerRef
from protocol.simulator_api import ShopLanguage
from simulator.data_files import InvalidDataFile, parse_toml, read_text
from simulator.shop.catalogue import Catalogue, NonEmptyText, PositiveInt


class Customer(Struct, frozen=True):
    """A customer; ``warehouse`` is the one that serves their ``city``."""

    number: int
    id: str
    name: str
    city: str
    warehouse: str

    @property
    def person(self) -> CustomerRef:
        """Return the reference used in messages."""
        return CustomerRef(self.id, self.name)


class City(Struct, frozen=True, forbid_unknown_fields=True):
    """A city; ``weight`` is its relative number of customers."""

    name: NonEmptyText
    warehouse: NonEmptyText
    weight: PositiveInt


class _FirstNames(Struct, frozen=True, forbid_unknown_fields=True):
    first: Annotated[tuple[NonEmptyText, ...], Meta(min_length=1)]


class _Surnames(Struct, frozen=True, forbid_unknown_fields=True):
    forms: Annotated[tuple[tuple[NonEmptyText, NonEmptyText], ...], Meta(min_length=1)]


class _PeopleFile(Struct, frozen=True, forbid_unknown_fields=True):
    men: _FirstNames
    women: _FirstNames
    surnames: _Surnames
    cities: Annotated[tuple[City, ...], Meta(min_length=1)]


class CustomerDirectory:
    """All possible customers."""

    def __init__(self, names: _PeopleFile) -> None:
        self._names = names
        self._cache: dict[int, Customer] = {}

    def customer(self, number: int) -> Customer:
        """Return ``user_{number}``; numbers start at 1.

        Depends on the number only, not on the seed: the server keeps orders and conversations
        under these ids from one run to the next.
        """
        if number not in self._cache:
            self._cache[number] = self._generate(number)
        return self._cache[number]

    def _generate(self, number: int) -> Customer:
        rng = random.Random(f"customer {number}")  # noqa: S311 - a name, no secret
        is_woman = rng.random() < 0.5
        first = rng.choice((self._names.women if is_woman else self._names.men).first)
        surname = rng.choice(self._names.surnames.forms)[is_woman]
        cities = self._names.cities
        (city,) = rng.choices(cities, weights=[city.weight for city in cities])
        return Customer(number, f"user_{number}", f"{first} {surname}", city.name, city.warehouse)


def load_customers(catalogue: Catalogue, language: ShopLanguage) -> CustomerDirectory:
    """Load the names and cities of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    return parse_customers(read_text("people.toml"), catalogue, language)


def parse_customers(people: str, catalogue: Catalogue, language: ShopLanguage) -> CustomerDirectory:
    """Parse the text of the file of names and cities.

    Raises:
        InvalidDataFile: the text is invalid.
    """
    names = parse_toml("people.toml", people, _PeopleFile, language)
    warehouses = {warehouse.id: warehouse.name for warehouse in catalogue.warehouses}
    for city in names.cities:
        if city.warehouse not in warehouses:
            raise InvalidDataFile(
                f"people.toml, {city.name}: there is no warehouse {city.warehouse}"
            )
    cities = tuple(replace(city, warehouse=warehouses[city.warehouse]) for city in names.cities)
    return CustomerDirectory(replace(names, cities=cities))
