"""Reading of the shop's data files, which are part of the package.

Errors name the file and the line or the entry.
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
    """Invalid data file; the message names the file and the line or the entry."""


def read_text(name: str) -> str:
    """Return the text of a data file."""
    return resources.files("simulator").joinpath("data", name).read_text(encoding="utf-8")


def parse_toml(name: str, text: str, type_: type[T]) -> T:
    """Parse TOML as ``type_``; ``name`` is the file's name, for errors.

    Raises:
        InvalidDataFile: the text is not TOML, or does not match the type.
    """
    try:
        return msgspec.convert(tomllib.loads(text), type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidDataFile(f"{name}: {error}") from None


def parse_json_lines(name: str, text: str, type_: type[T]) -> list[tuple[int, T]]:
    """Parse each non-empty line as ``type_``; return them with their line numbers, from 1.

    Amounts of money are strings with two decimal places.

    Raises:
        InvalidDataFile: a line is not JSON, or does not match the type.
    """
    decoder = msgspec.json.Decoder(type_, dec_hook=_decode_money)
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entries.append((number, decoder.decode(line)))
        except msgspec.DecodeError as error:
            raise InvalidDataFile(f"{name}, line {number}: {error}") from None
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
