"""Definitions of the scenarios: name, duration, texts and modifiers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from protocol.simulator_api import LocalizedText
from simulator.data_files import InvalidDataFile, parse_toml, read_text
from simulator.shop.catalogue import NonEmptyText, PositiveSeconds

Multiplier = Annotated[float, Meta(ge=0)]
PositiveMultiplier = Annotated[float, Meta(gt=0)]  # of a Poisson rate, which must be positive


class ScenarioText(LocalizedText, frozen=True, forbid_unknown_fields=True):
    """A text of the scenarios' file, in both languages."""

    en: NonEmptyText
    uk: NonEmptyText


class ScenarioModifiers(Struct, frozen=True, forbid_unknown_fields=True):
    """Modifiers while a scenario is active; the defaults change nothing.

    Failures are payments that fail and orders that are cancelled.  ``featured_count`` products are
    drawn at the start: ``demand_multiplier``, ``discount_percent`` and ``suppliers_deliver`` apply
    to them only.
    """

    visit_multiplier: PositiveMultiplier = 1.0
    question_multiplier: PositiveMultiplier = 1.0
    failure_multiplier: Multiplier = 1.0
    featured_count: Annotated[int, Meta(ge=0)] = 0
    demand_multiplier: Multiplier = 1.0
    discount_percent: Annotated[int, Meta(ge=0, lt=100)] = 0
    suppliers_deliver: bool = True
    couriers_work: bool = True
    payments_work: bool = True


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """A scenario; ``pages`` of the workbench show its effect, ``watch`` says what to look for."""

    name: Annotated[str, Meta(pattern="^[a-z]+(-[a-z]+)*$")]
    lasts_s: PositiveSeconds
    title: ScenarioText
    sentence: ScenarioText
    watch: ScenarioText
    pages: Annotated[tuple[NonEmptyText, ...], Meta(min_length=1)]
    modifiers: ScenarioModifiers = ScenarioModifiers()


class _ScenariosFile(Struct, frozen=True, forbid_unknown_fields=True):
    scenarios: tuple[Scenario, ...]


def load_scenarios() -> dict[str, Scenario]:
    """Load the scenarios of the data file, by name, in the order of the file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    return parse_scenarios(read_text("scenarios.toml"))


def parse_scenarios(text: str) -> dict[str, Scenario]:
    """Parse the text of the scenarios' file.

    Raises:
        InvalidDataFile: the text is invalid.
    """
    scenarios: dict[str, Scenario] = {}
    for scenario in parse_toml("scenarios.toml", text, _ScenariosFile).scenarios:
        if scenario.name in scenarios:
            raise InvalidDataFile(f"scenarios.toml, {scenario.name}: the name is used twice")
        scenarios[scenario.name] = scenario
    return scenarios
