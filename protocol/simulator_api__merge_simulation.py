"""Responses of the simulator's control API: shop state and scenarios.  Pure.

The fields are the contract of ``docs/simulator.md``; those that are not drawn are not read.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import Struct

from protocol.event_payloads import Timestamp
from protocol.money import Money, decode_money


class ProductState(Struct, frozen=True):
    """One product in ``/state``; ``threshold`` is for each warehouse."""

    id: str
    sku: str
    name: str
    price: Money
    threshold: int
    stock: dict[str, int]


class RunningScenario(Struct, frozen=True):
    """A scenario that runs; ``progress`` 0 to 1, ``left_s`` in virtual seconds."""

    name: str
    progress: float
    left_s: float


class FinishedScenario(Struct, frozen=True):
    """A scenario that ran; moments are the shop's own, ``how`` is ``over`` or ``stopped``."""

    name: str
    ended_at: Timestamp
    how: str


class ShopState(Struct, frozen=True, kw_only=True):
    """The part of ``/state`` that is drawn.

    ``now`` is the shop's own time, ``speed`` how many of its seconds pass in one of ours,
    ``rate`` the mean of publications in one of its own.  ``run`` is a part of all its ids.
    """

    warehouses: tuple[str, ...]
    products: tuple[ProductState, ...]
    now: Timestamp | None = None
    run: str = ""
    running: bool = True
    speed: float = 1.0
    rate: float = 0.0
    seed: int = 0
    scenarios: tuple[RunningScenario, ...] = ()
    ended: tuple[FinishedScenario, ...] = ()

    def running_scenario(self, name: str) -> RunningScenario | None:
        """Return how far a scenario is, if it runs."""
        return next((one for one in self.scenarios if one.name == name), None)


class ScenarioInfo(Struct, frozen=True):
    """One of ``/scenarios``: texts by language, pages by name, ``lasts_s`` in virtual seconds."""

    name: str
    title: dict[str, str]
    sentence: dict[str, str]
    watch: dict[str, str]
    pages: tuple[str, ...]
    lasts_s: float


class ScenarioList(Struct, frozen=True):
    """Every scenario the simulator can run."""

    scenarios: tuple[ScenarioInfo, ...]


_state_decoder = msgspec.json.Decoder(ShopState, dec_hook=decode_money, float_hook=Decimal)
_scenarios_decoder = msgspec.json.Decoder(ScenarioList)


def decode_state(answer: bytes) -> ShopState:
    """Read the answer of ``GET /state``.

    Raises:
        msgspec.DecodeError: it is not what the simulator promises.
    """
    return _state_decoder.decode(answer)


def decode_scenarios(answer: bytes) -> tuple[ScenarioInfo, ...]:
    """Read the answer of ``GET /scenarios``.

    Raises:
        msgspec.DecodeError: it is not what the simulator promises.
    """
    return _scenarios_decoder.decode(answer).scenarios


def localized(texts: dict[str, str], code: str) -> str:
    """Return the text in a language, or else the first one."""
    return texts.get(code) or next(iter(texts.values()), "")
