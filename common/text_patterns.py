"""Search patterns for a message's JSON: text, /regex/ or $.json.path.

Whatever is typed, a message is looked through in a time that its length bounds: the engine of
the expressions has no backtracking, and paths have neither expressions nor many descents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec
import re2  # type: ignore[import-untyped]  # it ships no types
from jsonpath import JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

MAX_PATTERN_LENGTH = 300  # characters of a pattern
MAX_DESCENTS = 2  # `..` in a path: each visits every part of what the one before found


class InvalidPattern(ValueError):
    """An invalid regular expression or path; the text says why."""


class Pattern(Protocol):
    """What is looked for."""

    def matches(self, text: bytes) -> bool:
        """Tell whether a message's JSON has it."""


class RegexPattern:
    """Words, or an expression, in any case and script."""

    def __init__(self, expression: str) -> None:
        """Read it.

        Raises:
            BadPattern: it is no expression, or too large.
        """
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        try:
            self._search = re2.compile(expression, options).search
        except re2.error as why:
            raise InvalidPattern(_error_text(why)) from None

    def matches(self, text: bytes) -> bool:
        """Tell whether it is found anywhere in the JSON."""
        return self._search(text) is not None


class JsonPathPattern:
    """A JSON path as of RFC 9535, over the whole message: ``$.payload.cart.total``."""

    def __init__(self, path: str) -> None:
        """Read it.

        Raises:
            BadPattern: it is no path, or one too large.
        """
        if path.count("..") > MAX_DESCENTS:
            raise InvalidPattern(f"more than {MAX_DESCENTS} descents (..)")
        try:
            self._path = _environment.compile(path)
        except (JSONPathError, RecursionError) as why:
            raise InvalidPattern(str(why).partition("\n")[0]) from None

    def matches(self, text: bytes) -> bool:
        """Tell whether it selects anything."""
        return next(self._selected(text), self) is not self

    def values(self, text: bytes) -> list[Any]:
        """Return what it selects of a message."""
        return list(self._selected(text))

    def _selected(self, text: bytes) -> Iterator[Any]:
        try:
            for node in self._path.finditer(msgspec.json.decode(text)):
                yield node.value
        except (JSONPathError, RecursionError):  # nested deeper than a path goes
            return


def parse_pattern(text: str) -> Pattern | None:
    """Read what a person typed; None for nothing.

    Raises:
        BadPattern: it begins like an expression or a path and is none.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        raise InvalidPattern(f"longer than {MAX_PATTERN_LENGTH} characters")
    if text.startswith(("$.", "$[")):
        return JsonPathPattern(text)
    if len(text) > 1 and text.startswith("/"):
        return RegexPattern(text[1:].removesuffix("/"))
    return RegexPattern(re2.escape(text)) if text else None


def _error_text(why: re2.error) -> str:
    said = why.args[0] if why.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


_environment = JSONPathEnvironment(strict=True)
for _name in ("match", "search"):  # their expressions backtrack
    del _environment.function_extensions[_name]
