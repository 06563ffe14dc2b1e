"""Responses of the simulator's control API: shop state and scenarios.  Pure.

The fields are the contract of ``docs/simulator.md``; those that are not drawn are not read.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from protocol.events import Moment
from protocol.money import Money, from_wire


class Product(Struct, frozen=True):
    """One product in ``/state``; ``threshold`` is for each warehouse."""

    id: str
    sku: str
    name: str
    price: Money
    threshold: int
    stock: dict[str, int]


class Running(Struct, frozen=True):
    """A scenario that runs; ``progress`` 0 to 1, ``left_s`` in virtual seconds."""

    name: str
    progress: float
    left_s: float


class Ended(Struct, frozen=True):
    """A scenario that ran; moments are the shop's own, ``how`` is ``over`` or ``stopped``."""

    name: str
    ended_at: Moment
    how: str


class ShopState(Struct, frozen=True, kw_only=True):
    """The part of ``/state`` that is drawn.

    ``now`` is the shop's own time, ``speed`` how many of its seconds pass in one of ours,
    ``rate`` the mean of publications in one of its own.  ``run`` is a part of all its ids.
    """

    warehouses: tuple[str, ...]
    products: tuple[Product, ...]
    now: Moment | None = None
    run: str = ""
    running: bool = True
    speed: float = 1.0
    rate: float = 0.0
    seed: int = 0
    scenarios: tuple[Running, ...] = ()
    ended: tuple[Ended, ...] = ()

    def scenario(self, name: str) -> Running | None:
        """Return how far a scenario is, if it runs."""
        return next((one for one in self.scenarios if one.name == name), None)


class Scenario(Struct, frozen=True):
    """One of ``/scenarios``: texts by language, pages by name, ``lasts_s`` in virtual seconds."""

    name: str
    title: dict[str, str]
    sentence: dict[str, str]
    watch: dict[str, str]
    pages: tuple[str, ...]
    lasts_s: float


class _Scenarios(Struct, frozen=True):
    scenarios: tuple[Scenario, ...]


_state = msgspec.json.Decoder(ShopState, dec_hook=from_wire, float_hook=Decimal)
_scenarios = msgspec.json.Decoder(_Scenarios)


def read_state(answer: bytes) -> ShopState:
    """Read the answer of ``GET /state``.

    Raises:
        msgspec.DecodeError: it is not what the simulator promises.
    """
    return _state.decode(answer)


def read_scenarios(answer: bytes) -> tuple[Scenario, ...]:
    """Read the answer of ``GET /scenarios``.

    Raises:
        msgspec.DecodeError: it is not what the simulator promises.
    """
    return _scenarios.decode(answer).scenarios


def in_language(texts: dict[str, str], code: str) -> str:
    """Return the text in a language, or else the first one."""
    return texts.get(code) or next(iter(texts.values()), "")
