"""Regular expressions that cannot block the program, case-insensitive in any script.  Pure.

The engine does not backtrack: matching takes time linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2  # type: ignore[import-untyped]  # it ships no types


class InvalidExpression(ValueError):
    """Invalid or too large regular expression; the message says why."""


def compile_search(expression: str) -> Callable[..., Any]:
    """Return the search of an expression in a text, from a position: its match, or None.

    Raises:
        InvalidExpression: the expression is invalid or too large.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        search: Callable[..., Any] = re2.compile(expression, options).search
    except re2.error as error:
        raise InvalidExpression(_reason(error)) from None
    return search


def _reason(error: re2.error) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
