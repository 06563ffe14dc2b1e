"""Settings from environment variables."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct, field

from common.env_settings import InvalidSettings, describe_settings, load_settings


class Kettle(Struct, frozen=True):
    litres: Annotated[float, Meta(gt=0, description="How much it holds")]
    port: Annotated[int, Meta(ge=0, le=65535, description="Where it is")] = 8080
    guests: Annotated[tuple[str, ...], Meta(description="Who drinks")] = ()
    whistle: Annotated[bool, Meta(description="Whether it sings")] = False


def test_variables_become_fields_and_the_rest_keep_their_defaults():
    kettle = load_settings(
        Kettle,
        {
            "WORKBENCH_LITRES": "1.7",
            "WORKBENCH_GUESTS": "Олена, Тарас",
            "WORKBENCH_WHISTLE": "on",
            "WORKBENCH_PORT": "",
            "PATH": "/bin",
        },
    )

    assert kettle == Kettle(litres=1.7, guests=("Олена", "Тарас"), whistle=True)


def test_a_variable_may_have_a_different_name_than_its_field():
    class Renamed(Struct):
        volume: Annotated[float, Meta(description="How much it holds")] = field(name="litres")

    assert load_settings(Renamed, {"WORKBENCH_LITRES": "1.7"}) == Renamed(volume=1.7)
    assert describe_settings(Renamed).split()[0] == "WORKBENCH_LITRES"


def test_all_errors_are_reported_at_once():
    with pytest.raises(InvalidSettings) as error:
        load_settings(Kettle, {"WORKBENCH_PORT": "many", "WORKBENCH_WHISTLE": "loud"})

    litres, port, whistle = error.value.problems
    assert "WORKBENCH_LITRES is not set: How much it holds" in litres
    assert "WORKBENCH_PORT" in port
    assert "WORKBENCH_WHISTLE" in whistle


def test_help_lists_variables_with_descriptions_and_defaults():
    assert [line.split() for line in describe_settings(Kettle).splitlines()][1] == [
        "WORKBENCH_PORT", "Where", "it", "is", "[8080]",
    ]  # fmt: skip


def test_help_says_what_a_default_means_that_is_not_a_value():
    class Shelf(Struct):
        room: Annotated[str, Meta(description="Where", extra={"default": "the kitchen"})] = ""
        label: Annotated[str, Meta(description="What is on it")] = ""

    room, label = describe_settings(Shelf).splitlines()

    assert room.endswith(" Where [the kitchen]")
    assert label.endswith(" What is on it [none]")
