"""Reading of the shop's data files, which are part of the package.

A text that depends on the shop's language is an object with one text for each language; a reader
gets the text in the language of its shop.  Errors name the file and the line or the entry.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any, TypeVar

import msgspec

from protocol.money import KOPECK, Money
from protocol.simulator_api import ShopLanguage

T = TypeVar("T")
LANGUAGES = frozenset(str(language) for language in ShopLanguage)


class InvalidDataFile(Exception):
    """Invalid data file; the message names the file and the line or the entry."""


def read_text(name: str) -> str:
    """Return the text of a data file."""
    return resources.files("simulator").joinpath("data", name).read_text(encoding="utf-8")


def parse_toml(name: str, text: str, type_: type[T], language: ShopLanguage | None = None) -> T:
    """Parse TOML as ``type_``; ``name`` is the file's name, for errors.

    Without a language, texts stay objects with one text for each.

    Raises:
        InvalidDataFile: the text is not TOML, does not match the type, or lacks a translation.
    """
    try:
        return msgspec.convert(_in_language(tomllib.loads(text), language), type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InvalidDataFile(f"{name}: {error}") from None


def parse_json_lines(
    name: str, text: str, type_: type[T], language: ShopLanguage
) -> list[tuple[int, T]]:
    """Parse each non-empty line as ``type_``; return them with their line numbers, from 1.

    Amounts of money are strings with two decimal places.

    Raises:
        InvalidDataFile: a line is not JSON, does not match the type, or lacks a translation.
    """
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            tree = _in_language(msgspec.json.decode(line), language)
            entries.append((number, msgspec.convert(tree, type_, dec_hook=_decode_money)))
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidDataFile(f"{name}, line {number}: {error}") from None
    return entries


def _in_language(value: Any, language: ShopLanguage | None) -> Any:
    """Replace each object of translations by its text in the language."""
    if isinstance(value, dict):
        if language is None or not value or not value.keys() <= LANGUAGES:
            return {name: _in_language(item, language) for name, item in value.items()}
        if missing := LANGUAGES - value.keys():
            raise msgspec.ValidationError(f"No text in {', '.join(missing)} beside {value}")
        return value[language]
    if isinstance(value, list):
        return [_in_language(item, language) for item in value]
    return value


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
