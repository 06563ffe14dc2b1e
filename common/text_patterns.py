"""Search patterns for a message's JSON: words, ``cart.total > 20000``, /regex/ or $.json.path.

Matching takes time linear in the length of the message, whatever the pattern: the engine of
regular expressions does not backtrack, and paths have no expressions, one descent and a limited
number of steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import msgspec
import re2  # type: ignore[import-untyped]  # it ships no types
from jsonpath import JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

from common import field_conditions, regular_expressions
from common.counted_json import StepCounter, TooManySteps
from common.field_conditions import FieldCondition, FoundField, InvalidCondition
from common.regular_expressions import InvalidExpression
from common.text_markers import N_

MAX_PATTERN_LENGTH = 300  # characters
MAX_STEPS = 100_000  # members of one message that a path may read: 0.2 s
_COMPARED_FIELD = re.compile(r"@((?:\.[\w-]+)+)\s*(?:[=!]=|[<>]=?)")  # of a path's filters


class InvalidPattern(ValueError):
    """Invalid regular expression, path or condition; the message says why."""


class PatternTooSlow(InvalidPattern):
    """A path takes too many steps on a message."""

    def __init__(self) -> None:
        super().__init__(N_("the path takes too many steps on one of the messages"))


class Pattern(Protocol):
    """A search pattern."""

    def __hash__(self) -> int:
        """Return the hash of the object: results are cached by pattern."""

    def matches(self, text: bytes) -> bool:
        """Return whether the JSON of a message matches; raises PatternTooSlow."""


class RegexPattern:
    """Regular expression, case-insensitive in any script."""

    def __init__(self, expression: str) -> None:
        """Compile the expression.

        Raises:
            InvalidPattern: the expression is invalid or too large.
        """
        try:
            self._search = regular_expressions.compile_search(expression)
        except InvalidExpression as error:
            raise InvalidPattern(str(error)) from None

    def matches(self, text: bytes) -> bool:
        """Return whether the expression matches anywhere in the JSON."""
        return self._search(text) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the expression matches a text, without empty matches."""
        found = self._search(text)
        while found is not None and found.end() > found.start():
            yield found.span()
            found = self._search(text, found.end())


class JsonPathPattern:
    """JSON path (RFC 9535) over the whole message: ``$.payload.cart.total``."""

    def __init__(self, path: str) -> None:
        """Compile the path.

        Raises:
            InvalidPattern: the path is invalid or too large.
        """
        if path.count("..") > 1:  # each visits every node below those of the one before
            raise InvalidPattern(N_("a path may contain `..` only once"))
        try:
            self._path = _environment.compile(path)
        except (JSONPathError, RecursionError) as error:
            raise InvalidPattern(str(error).partition("\n")[0]) from None
        compared = dict.fromkeys(_COMPARED_FIELD.findall(path))
        self._compared = [tuple(names.strip(".").split(".")) for names in compared]

    def matches(self, text: bytes) -> bool:
        """Return whether the path selects anything; raises PatternTooSlow."""
        try:
            return next(self._selected(text), None) is not None
        except TooManySteps:
            raise PatternTooSlow from None

    def values(self, text: bytes) -> list[Any]:
        """Return the values that the path selects, as far as the steps suffice."""
        selected = list(self._selected_within_limit(text))
        if not selected:
            return []
        document = msgspec.json.decode(text)
        return [value for parts in selected for value in _descend(document, parts)]

    def compared_fields(self, text: bytes) -> list[FoundField]:
        """Return the fields that the path's filters compare, of what it selects."""
        exact = _decimal_decoder.decode(text)
        return [
            FoundField(".".join(names), found)
            for parts in self._selected_within_limit(text)
            for names in self._compared
            for found in _descend(exact, (*parts, *names))
        ]

    def _selected_within_limit(self, text: bytes) -> Iterator[tuple[str | int, ...]]:
        with suppress(TooManySteps):
            yield from self._selected(text)

    def _selected(self, text: bytes) -> Iterator[tuple[str | int, ...]]:
        """Yield the paths of what is selected, as names and positions."""
        try:
            document = StepCounter(MAX_STEPS).counted(msgspec.json.decode(text))
            for node in self._path.finditer(document):
                yield tuple(node.parts)
        except (JSONPathError, RecursionError, msgspec.DecodeError):
            return  # nested too deeply, or a number beyond a float such as 1e999


def _descend(value: Any, path: tuple[str | int, ...]) -> list[Any]:
    """Return the value at the end of a path of names and positions; none if it ends before."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return []
    return [value]


class ConditionPattern:
    """Conditions on fields, of which all must be true: see ``common.field_conditions``."""

    def __init__(self, conditions: tuple[FieldCondition, ...]) -> None:
        self.conditions = conditions
        # Most messages lack the field: their bytes show it without being decoded.
        names = ([n for n in condition.path if not n.isdigit()] for condition in conditions)
        self._names = [msgspec.json.encode(given[-1]) for given in names if given]

    def matches(self, text: bytes) -> bool:
        """Return whether every condition is true for some field of the message."""
        if b"\\u" not in text and not all(name in text for name in self._names):
            return False
        try:
            document = _decimal_decoder.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return False
        return all(
            next(condition.found(document), None) is not None for condition in self.conditions
        )

    def found(self, text: bytes) -> list[FoundField]:
        """Return the fields that satisfy the conditions, one for each condition or more."""
        document = _decimal_decoder.decode(text)
        return [found for condition in self.conditions for found in condition.found(document)]


def parse_pattern(text: str, synonyms: Iterable[str] = ()) -> Pattern | None:
    """Parse the text of a search; None if it is empty.

    Words also match where one of the ``synonyms`` stands as a whole word.

    Raises:
        InvalidPattern: the text starts as an expression, a path or a condition and is invalid.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        raise InvalidPattern(f"longer than {MAX_PATTERN_LENGTH} characters")
    if text.startswith(("$.", "$[")):
        return JsonPathPattern(text)
    if len(text) > 1 and text.startswith("/"):
        return RegexPattern(text[1:].removesuffix("/"))
    try:
        conditions = field_conditions.parse_conditions(text)
    except InvalidCondition as error:
        raise InvalidPattern(str(error)) from None
    if conditions:
        return ConditionPattern(conditions)
    if not text:
        return None
    whole = (rf"\b{re2.escape(synonym)}\b" for synonym in synonyms)
    return RegexPattern("|".join((re2.escape(text), *whole)))


def _as_decimal(number: str) -> Decimal | str:
    """Return a number exactly; one beyond Decimal, such as 1e9999999999999999999, as its text."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


_decimal_decoder = msgspec.json.Decoder(float_hook=_as_decimal)
_environment = JSONPathEnvironment(strict=True)
for _name in ("match", "search"):  # their regular expressions backtrack
    del _environment.function_extensions[_name]
