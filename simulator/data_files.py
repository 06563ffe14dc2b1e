"""The shop's data files: found wherever the package is installed, validated when read.

Errors name the file and the line.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any, TypeVar

import msgspec

from protocol.money import KOPECK, Money

T = TypeVar("T")


class InvalidDataFile(Exception):
    """A data file cannot be used; the text names the file and the line or the entry."""


def read_text(name: str) -> str:
    """Read one of the package's own files."""
    return resources.files("simulator").joinpath("data", name).read_text(encoding="utf-8")


def parse_toml(name: str, text: str, type_: type[T]) -> T:
    """Make ``wanted`` of a TOML document; ``name`` is for the message.

    Raises:
        BadData: it is no TOML, or not of the wanted shape.
    """
    try:
        return msgspec.convert(tomllib.loads(text), type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise InvalidDataFile(f"{name}: {why}") from None


def parse_json_lines(name: str, text: str, type_: type[T]) -> list[tuple[int, T]]:
    """Make a ``wanted`` of every line that is not empty, with its number, from 1.

    Money is written as text with two decimal places.

    Raises:
        BadData: a line is no JSON, or not of the wanted shape.
    """
    decoder = msgspec.json.Decoder(type_, dec_hook=_decode_money)
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entries.append((number, decoder.decode(line)))
        except msgspec.DecodeError as why:
            raise InvalidDataFile(f"{name}, line {number}: {why}") from None
    return entries


def _decode_money(type_: type, value: Any) -> Any:
    if type_ is not Money:
        raise NotImplementedError(type_)
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not amount.same_quantum(KOPECK):
        raise ValueError('Expected an amount as text with kopecks, such as "1299.00"')
    return Money.of(amount)
