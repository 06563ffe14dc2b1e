"""Generates customers; a number always gives the same customer."""

from __future__ import annotations

import random
from typing import Annotated

from msgspec import Meta, Struct

from protocol.events import Person
from simulator.catalogue import AtLeastOne, Catalogue, Name
from simulator.datafiles import BadData, parse_toml, text_of


class Customer(Struct, frozen=True):
    """A person with an account; ``warehouse`` serves their ``city``."""

    number: int
    id: str
    name: str
    city: str
    warehouse: str

    @property
    def person(self) -> Person:
        """Say who it is, as messages do."""
        return Person(self.id, self.name)


class City(Struct, frozen=True, forbid_unknown_fields=True):
    """A place to live; ``weight`` is how many customers do, relative to the others."""

    name: Name
    warehouse: Name
    weight: AtLeastOne


class _FirstNames(Struct, frozen=True, forbid_unknown_fields=True):
    first: Annotated[tuple[Name, ...], Meta(min_length=1)]


class _Surnames(Struct, frozen=True, forbid_unknown_fields=True):
    forms: Annotated[tuple[tuple[Name, Name], ...], Meta(min_length=1)]


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    men: _FirstNames
    women: _FirstNames
    surnames: _Surnames
    cities: Annotated[tuple[City, ...], Meta(min_length=1)]


class People:
    """All possible customers."""

    def __init__(self, names: _Names) -> None:
        self._names = names
        self._known: dict[int, Customer] = {}

    def customer(self, number: int) -> Customer:
        """Return ``user_{number}``, from 1.

        The number alone decides who it is, whatever the shop's seed: the server remembers
        orders and conversations under these ids from one run to the next.
        """
        if number not in self._known:
            self._known[number] = self._invent(number)
        return self._known[number]

    def _invent(self, number: int) -> Customer:
        draw = random.Random(f"customer {number}")  # noqa: S311 - a name, no secret
        is_woman = draw.random() < 0.5
        first = draw.choice((self._names.women if is_woman else self._names.men).first)
        surname = draw.choice(self._names.surnames.forms)[is_woman]
        cities = self._names.cities
        (city,) = draw.choices(cities, weights=[city.weight for city in cities])
        return Customer(number, f"user_{number}", f"{first} {surname}", city.name, city.warehouse)


def load(catalogue: Catalogue) -> People:
    """Read the shop's own names and cities.

    Raises:
        BadData: the file is wrong, and where.
    """
    return parse(text_of("people.toml"), catalogue)


def parse(people: str, catalogue: Catalogue) -> People:
    """Make people of the text of their file.

    Raises:
        BadData: it is wrong, and where.
    """
    names = parse_toml("people.toml", people, _Names)
    warehouses = {warehouse.name for warehouse in catalogue.warehouses}
    for city in names.cities:
        if city.warehouse not in warehouses:
            raise BadData(f"people.toml, {city.name}: there is no warehouse {city.warehouse}")
    return People(names)
