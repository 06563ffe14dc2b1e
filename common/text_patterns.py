"""Search patterns for a message's JSON: text, /regex/ or $.json.path.

Matching takes time linear in the length of the message, whatever the pattern: the engine of
regular expressions does not backtrack, and paths have no expressions and few descents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec
import re2  # type: ignore[import-untyped]  # it ships no types
from jsonpath import JSONPathEnvironment
from jsonpath.exceptions import JSONPathError

MAX_PATTERN_LENGTH = 300  # characters
MAX_DESCENTS = 2  # `..` in a path: each visits every node below those of the one before


class InvalidPattern(ValueError):
    """Invalid regular expression or path; the message says why."""


class Pattern(Protocol):
    """A search pattern."""

    def matches(self, text: bytes) -> bool:
        """Return whether the JSON of a message matches."""


class RegexPattern:
    """Regular expression, case-insensitive in any script."""

    def __init__(self, expression: str) -> None:
        """Compile the expression.

        Raises:
            InvalidPattern: the expression is invalid or too large.
        """
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        try:
            self._search = re2.compile(expression, options).search
        except re2.error as error:
            raise InvalidPattern(_error_text(error)) from None

    def matches(self, text: bytes) -> bool:
        """Return whether the expression matches anywhere in the JSON."""
        return self._search(text) is not None


class JsonPathPattern:
    """JSON path (RFC 9535) over the whole message: ``$.payload.cart.total``."""

    def __init__(self, path: str) -> None:
        """Compile the path.

        Raises:
            InvalidPattern: the path is invalid or too large.
        """
        if path.count("..") > MAX_DESCENTS:
            raise InvalidPattern(f"more than {MAX_DESCENTS} descents (..)")
        try:
            self._path = _environment.compile(path)
        except (JSONPathError, RecursionError) as error:
            raise InvalidPattern(str(error).partition("\n")[0]) from None

    def matches(self, text: bytes) -> bool:
        """Return whether the path selects anything."""
        return next(self._selected(text), self) is not self

    def values(self, text: bytes) -> list[Any]:
        """Return the values that the path selects."""
        return list(self._selected(text))

    def _selected(self, text: bytes) -> Iterator[Any]:
        try:
            for node in self._path.finditer(msgspec.json.decode(text)):
                yield node.value
        except (JSONPathError, RecursionError):  # nested too deeply
            return


def parse_pattern(text: str) -> Pattern | None:
    """Parse the text of a search; None if it is empty.

    Raises:
        InvalidPattern: the text starts as an expression or a path and is invalid.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        raise InvalidPattern(f"longer than {MAX_PATTERN_LENGTH} characters")
    if text.startswith(("$.", "$[")):
        return JsonPathPattern(text)
    if len(text) > 1 and text.startswith("/"):
        return RegexPattern(text[1:].removesuffix("/"))
    return RegexPattern(re2.escape(text)) if text else None


def _error_text(error: re2.error) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


_environment = JSONPathEnvironment(strict=True)
for _name in ("match", "search"):  # their regular expressions backtrack
    del _environment.function_extensions[_name]
