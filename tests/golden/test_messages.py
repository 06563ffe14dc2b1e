"""Every message of the protocol: its type, its fields, and examples that are the same as bytes.

The examples in `messages.txt` are written by hand: add one for a new message or field.
"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from protocol.codec import decode_client, encode
from protocol.messages import ClientMessage, ServerMessage
from protocol.money import decode_money

EXAMPLES = (Path(__file__).parent / "files" / "messages.txt").read_text().splitlines()
_server_decoder = msgspec.json.Decoder(ServerMessage, dec_hook=decode_money, float_hook=Decimal)
DIRECTIONS = {">": (ClientMessage, decode_client), "<": (ServerMessage, _server_decoder.decode)}
CONSTRAINTS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "tz")


def message_types(direction):
    """Return the type information of all messages in a direction, by their name on the wire."""
    infos = [inspect.type_info(kind) for kind in get_args(DIRECTIONS[direction][0])]
    return {info.tag: info for info in infos}


def fields(type_, path=""):
    """Yield the path and the type of each field, and of the fields inside it."""
    match type_:
        case inspect.UnionType():
            for member in type_.types:
                yield from fields(member, path)
        case inspect.StructType():
            for field in type_.fields:
                inner = f"{path}.{field.encode_name}"
                yield inner, type_name(field.type) + ("" if field.required else ", optional")
                yield from fields(field.type, inner)
        case inspect.VarTupleType() | inspect.ListType():
            yield from fields(type_.item_type, f"{path}[]")
        case inspect.DictType():
            yield from fields(type_.value_type, f"{path}.*")


def type_name(type_):
    match type_:
        case inspect.UnionType():
            return " or ".join(type_name(member) for member in type_.types)
        case inspect.StructType():
            return "object"
        case inspect.EnumType():
            return " | ".join(str(member.value) for member in type_.cls)
        case inspect.VarTupleType() | inspect.ListType():
            return f"list of {type_name(type_.item_type)}"
        case inspect.DictType():
            return f"object of {type_name(type_.value_type)}"
        case inspect.CustomType():  # money is the only one
            return "money"
        case _:
            given = {name: getattr(type_, name, None) for name in CONSTRAINTS}
            limits = [f"{name}={value}" for name, value in given.items() if value is not None]
            return " ".join([type(type_).__name__.removesuffix("Type").lower(), *limits])


def paths(value, path, known):
    """Yield the paths of an example's fields, in the notation of `fields`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            any_key = f"{path}.*"
            below = any_key if any(each.startswith(f"{any_key}.") for each in known) else ""
            below = below or f"{path}.{name}"
            yield below
            yield from paths(inner, below, known)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{path}[]", known)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_message_has_a_tag_and_so_does_not_depend_on_the_name_of_its_class(direction):
    assert [
        type_ for type_ in message_types(direction) if not re.fullmatch(r"[a-z_]+", type_)
    ] == []


def test_every_message_has_these_fields(golden):
    lines = [
        f"{direction} {type_}{path}: {what}"
        for direction in DIRECTIONS
        for type_, info in message_types(direction).items()
        for path, what in fields(info)
    ]

    golden("message_fields.txt", "\n".join(lines) + "\n")


def test_every_example_is_decoded_and_encoded_to_the_same_bytes(golden):
    lines = []
    for line in EXAMPLES:
        direction, _, raw = line.partition(" ")
        decode = DIRECTIONS[direction][1]
        lines.append(f"{direction} {encode(decode(raw.encode())).decode()}")

    golden("messages.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_every_message_and_every_field_of_its_payload_has_an_example(direction):
    examples = [json.loads(line[2:]) for line in EXAMPLES if line.startswith(direction)]
    known = {
        f"{type_}{path}"
        for type_, info in message_types(direction).items()
        for path, _ in fields(info)
        if path.startswith(".payload")
    }

    shown = {path for example in examples for path in paths(example, example["type"], known)}
    assert known - shown == set()
    assert {example["type"] for example in examples} == message_types(direction).keys()
