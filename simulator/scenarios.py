"""Definitions of the scenarios: name, duration, texts and modifiers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from simulator.catalogue import Name, Seconds
from simulator.datafiles import BadData, parse_toml, text_of

Factor = Annotated[float, Meta(ge=0)]
Flow = Annotated[float, Meta(gt=0)]  # of a Poisson rate, which must not be 0


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """A text in English and in Ukrainian."""

    en: Name
    uk: Name


class Influence(Struct, frozen=True, forbid_unknown_fields=True):
    """Modifiers while a scenario is active; the defaults change nothing.

    ``visits``, ``questions`` and ``mishaps`` (payments that fail, orders that are cancelled)
    are factors.  ``featured`` products are drawn when it begins: they are chosen ``demand`` times
    as often, cost ``discount_percent`` less, and get nothing from suppliers who do not come.
    """

    visits: Flow = 1.0
    questions: Flow = 1.0
    mishaps: Factor = 1.0
    featured: Annotated[int, Meta(ge=0)] = 0
    demand: Factor = 1.0
    discount_percent: Annotated[int, Meta(ge=0, lt=100)] = 0
    suppliers_come: bool = True
    parcels_move: bool = True
    payments_work: bool = True


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario; ``pages`` are those of the workbench on which to ``watch`` it."""

    name: Annotated[str, Meta(pattern="^[a-z]+(-[a-z]+)*$")]
    lasts_s: Seconds
    title: Words
    sentence: Words
    watch: Words
    pages: Annotated[tuple[Name, ...], Meta(min_length=1)]
    influence: Influence = Influence()


class _Scenarios(Struct, frozen=True, forbid_unknown_fields=True):
    scenarios: tuple[Scenario, ...]


def load() -> dict[str, Scenario]:
    """Read the shop's own scenarios; by name, in the order of the file.

    Raises:
        BadData: the file is wrong, and where.
    """
    return parse(text_of("scenarios.toml"))


def parse(text: str) -> dict[str, Scenario]:
    """Make scenarios of the text of their file.

    Raises:
        BadData: it is wrong, and where.
    """
    found: dict[str, Scenario] = {}
    for scenario in parse_toml("scenarios.toml", text, _Scenarios).scenarios:
        if scenario.name in found:
            raise BadData(f"scenarios.toml, {scenario.name}: the name is taken")
        found[scenario.name] = scenario
    return found
