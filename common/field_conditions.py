"""Conditions on the fields of a JSON message: ``cart.total > 20000 and action = item_added``.

Pure.  A field is named by the end of its path: ``total`` is ``payload.cart.total`` and
``payload.order.total``.  Positions in lists may be left out: ``items.name`` is any item's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from common import regular_expressions
from common.regular_expressions import InvalidExpression

_encoder = msgspec.json.Encoder(decimal_format="number")
MAX_NUMBER_LENGTH = 40  # characters of a text that is compared as a number
MAX_VALUE_LENGTH = 60  # characters of a value in a condition made from it
_PATH = r"[^\W\d][\w-]*(?:\.[\w-]+)*"
_OPERATOR = r"!=|>=|<=|==|=|>|<|~|\bcontains\b"
_CLAUSE = re.compile(rf"\s*(?P<path>{_PATH})\s*(?P<operator>{_OPERATOR})\s*")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)\s*(?=$|&&|\band\b)""")
_NEXT_CLAUSE = re.compile(rf"\s*(?:&&|\band\b)(?=\s*{_PATH}\s*(?:{_OPERATOR}))")
# Nine digits of an exponent keep a number far within the limits of Decimal.
_NUMBER = re.compile(r"[+-]?\d[\d_ \N{NO-BREAK SPACE}]*(?:\.\d+)?(?:[eE][+-]?\d{1,9})?")


class InvalidCondition(ValueError):
    """Invalid condition; the message says why."""


class FoundField(NamedTuple):
    """A field that a condition matched: its path from the root, and its value."""

    path: str
    value: Any


class FieldCondition(NamedTuple):
    """One comparison of a field with a value; ``number`` is None if ``text`` is no number."""

    path: tuple[str, ...]
    operator: str
    text: str
    number: int | Decimal | None
    matches_value: Callable[[Any], bool]

    def found(self, document: Any) -> Iterator[FoundField]:
        """Yield the fields that satisfy the condition; numbers with a fraction are decimals."""
        for path, value in fields_at(document, self.path):
            if self.matches_value(value):
                yield FoundField(path, value)


def parse_conditions(text: str) -> tuple[FieldCondition, ...]:
    """Parse conditions joined by ``and``; none if the text does not start as a condition.

    Operators are ``=`` ``==`` ``!=`` ``>`` ``>=`` ``<`` ``<=``, ``contains`` (part of a text) and
    ``~`` (regular expression).  Texts are compared in any case; a value may be quoted.

    Raises:
        InvalidCondition: a value is missing or does not fit its operator.
    """
    conditions = []
    rest = text
    while match := _CLAUSE.match(rest):
        path, operator = match["path"], match["operator"]
        value, is_quoted, rest = _take_value(rest[match.end() :])
        conditions.append(_make_condition(path, operator, value, is_quoted))
        if not rest:
            return tuple(conditions)
    if conditions:
        raise InvalidCondition(f"no condition after `and`: {rest.strip()}")
    return ()


def _take_value(text: str) -> tuple[str, bool, str]:
    """Return the value at the start, whether it is quoted, and the clauses after its ``and``."""
    if quoted := _QUOTED.match(text):
        value, rest = quoted["text"], text[quoted.end() :]
        return value, True, re.sub(r"^\s*(?:&&|and\b)", "", rest)
    if following := _NEXT_CLAUSE.search(text):
        return text[: following.start()].strip(), False, text[following.end() :]
    return text.strip(), False, ""


def _make_condition(path: str, operator: str, text: str, is_quoted: bool) -> FieldCondition:
    if not text and not is_quoted:
        raise InvalidCondition(f"no value after {operator}")
    if not is_quoted and text[0] in "=<>!~":
        raise InvalidCondition(f"unknown operator {operator}{text[0]}")
    if not is_quoted and re.search(r"\s(?:and|&&)$", text):
        raise InvalidCondition("no condition after `and`")
    if not is_quoted and re.search(r"(?:\bor\b|\|\|)\s*" + _CLAUSE.pattern, text):
        raise InvalidCondition("only `and` joins conditions")
    number = None if is_quoted else _as_number(text)
    names = tuple(path.split("."))
    operator = "=" if operator == "==" else operator
    return FieldCondition(names, operator, text, number, _comparison(operator, text, number))


def _as_number(text: str) -> int | Decimal | None:
    if not _NUMBER.fullmatch(text):
        return None
    digits = re.sub(r"[_ \N{NO-BREAK SPACE}]", "", text)
    return int(digits) if digits.lstrip("+-").isdigit() else Decimal(digits)


def _comparison(operator: str, text: str, number: int | Decimal | None) -> Callable[[Any], bool]:
    """Return the test of a field's value.

    Raises:
        InvalidCondition: the value is no valid regular expression.
    """
    folded = text.casefold()
    match operator:
        case "contains":
            return lambda value: folded in value_text(value).casefold()
        case "~":
            try:
                search = regular_expressions.compile_search(text)
            except InvalidExpression as error:
                raise InvalidCondition(str(error)) from None
            return lambda value: search(value_text(value)) is not None
        case "=":
            return lambda value: _equals(value, folded, number)
        case "!=":
            return lambda value: not _equals(value, folded, number)
        case _:
            return lambda value: _is_ordered(operator, value, folded, number)


def _equals(value: Any, folded: str, number: int | Decimal | None) -> bool:
    if number is not None and (given := _number_of(value)) is not None:
        return given == number
    return value_text(value).casefold() == folded


def _is_ordered(operator: str, value: Any, folded: str, number: int | Decimal | None) -> bool:
    if isinstance(value, bool | dict | list) or value is None:
        return False
    left: Any
    right: Any
    if number is not None:
        left, right = _number_of(value), number
        if left is None:
            return False
    elif isinstance(value, str):  # such as times
        left, right = value.casefold(), folded
    else:
        return False
    match operator:
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "<":
            return bool(left < right)
        case _:
            return bool(left <= right)


def _number_of(value: Any) -> int | Decimal | None:
    """Return a number, also of a text that is one: amounts may be sent as text."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    is_short = isinstance(value, str) and len(value) <= MAX_NUMBER_LENGTH
    return _as_number(value) if is_short else None


def value_text(value: Any) -> str:
    """Return a value as it is compared and shown: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else _encoder.encode(value).decode()


def format_condition(path: str, value: Any) -> str:
    """Return a condition that matches a field with this value.

    It is that the field contains a part of the value if that is long, has several lines or both
    kinds of quotation marks.  Positions in lists are left out of the path.
    """
    names = ".".join(name for name in path.split(".") if not name.isdigit())
    text = value_text(value)
    part = _quotable_part(text[:MAX_VALUE_LENGTH])
    if part != text:
        return f"{names} contains {_quoted(part)}"
    return f"{names} = {_quoted(text) if _needs_quotes(value, text) else text}"


def _needs_quotes(value: Any, text: str) -> bool:
    if not isinstance(value, str):
        return False
    is_plain = re.fullmatch(r"[\w.:@+/-]+(?: [\w.:@+/-]+)*", text) is not None
    return not is_plain or re.search(r"\b(?:and|or)\b", text) is not None


def _quotable_part(text: str) -> str:
    """Return the longest of the parts of a text that are one line with one kind of quotes."""
    parts = re.findall(r"[^'\n]+", text) + re.findall(r'[^"\n]+', text)
    return max(parts, key=len, default="")


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def fields_at(document: Any, names: tuple[str, ...]) -> Iterator[FoundField]:
    """Yield the fields whose path ends with these names, with or without positions in lists."""
    has_positions = any(name.isdigit() for name in names)
    stack: list[tuple[str, tuple[str, ...], Any]] = [("", (), document)]
    while stack:
        path, last, value = stack.pop()
        if path and last == names:
            yield FoundField(path, value)
        children: list[tuple[str, tuple[str, ...], Any]] = []
        if isinstance(value, dict):
            for key, part in value.items():
                tail = (*last, key)[-len(names) :]
                children.append((f"{path}.{key}" if path else key, tail, part))
        elif isinstance(value, list):
            for at, part in enumerate(value):
                tail = (*last, str(at))[-len(names) :] if has_positions else last
                children.append((f"{path}.{at}" if path else str(at), tail, part))
        stack.extend(reversed(children))
