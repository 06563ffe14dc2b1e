"""Checks a message while it is typed: its JSON, and what the server would answer.  Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from common.text_markers import N_
from protocol import codec
from protocol.errors import RequestError
from protocol.publications import PublishRequest

JSON_ERRORS: Mapping[str, str] = {
    "Expecting value": N_("a value is missing"),
    "Expecting ',' delimiter": N_("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": N_("a colon is missing"),
    "Expecting property name enclosed in double quotes": N_(
        "a field name in double quotes is missing"
    ),
    "Unterminated string starting at": N_("a string has no closing quote"),
    "Invalid control character at": N_("a line break or tab inside a string"),
    "Invalid \\escape": N_("an invalid escape after a backslash"),
    "Invalid \\uXXXX escape": N_("an invalid escape after a backslash"),
    "Extra data": N_("text after the end of the JSON"),
}
"""What Python's parser reports, in words for a person."""
MISSING_COMMA = N_("a comma is missing")
MISSING_BRACE = N_("a closing curly bracket is missing")
MISSING_BRACKET = N_("a closing square bracket is missing")
MISSING_QUOTE = N_("a closing quote is missing")
EXTRA_COMMA = N_("this comma is one too many: nothing follows it")
NO_QUOTES = N_("a text needs double quotes")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class JsonError(Struct, frozen=True):
    """Where a text stops being JSON, counted from 1, and why, untranslated.

    It is the place to fix, where that is known: a missing comma's is the end of the line before.
    ``offset`` is in UTF-16 units from 0, as a browser counts.
    """

    line: int
    column: int
    offset: int
    text: str
    is_at_line_end: bool = False


def find_json_error(text: str) -> JsonError | None:
    """Return the first error in a JSON text; None if there is none, or no text."""
    if not text.strip():
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        position, words = _place_to_fix(text, error)
        before = text[:position]
        return JsonError(
            before.count("\n") + 1,
            position - before.rfind("\n"),
            len(before.encode("utf-16-le")) // 2,
            words,
            text[position : position + 1] in ("", "\n"),
        )
    except RecursionError:
        return None
    return None


def _place_to_fix(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Return the position at which to fix an error, and what is wrong there.

    The parser reports where it could not go on, which is often a line below.
    """
    end = len(text[: error.pos].rstrip())  # of what was read
    following = text[error.pos : error.pos + 1]
    is_end = not text[error.pos :].strip()
    is_after_comma = text[:end].endswith(",")
    match error.msg:
        case "Expecting ',' delimiter" if is_end or following in "]}":
            return end, _missing_bracket(text[:end])
        case "Expecting ',' delimiter" if following in '"{[-' or following.isalnum():
            return end, MISSING_COMMA
        case "Expecting property name enclosed in double quotes" | "Expecting value" if (
            is_after_comma and following in ("}", "]")
        ):
            return end - 1, EXTRA_COMMA
        case "Expecting property name enclosed in double quotes" if is_end:
            return end, MISSING_BRACE
        case "Expecting value" if following.isalpha():
            return error.pos, NO_QUOTES
        case "Expecting value" if is_end:
            return end, JSON_ERRORS[error.msg]
        case "Expecting ':' delimiter":
            return end, JSON_ERRORS[error.msg]
        case "Invalid control character at" if following == "\n":
            return error.pos, MISSING_QUOTE
        case _:
            return error.pos, JSON_ERRORS.get(error.msg, error.msg)


def _missing_bracket(text: str) -> str:
    """Say which bracket a text, which ends within an object or an array, lacks."""
    opened: list[str] = []
    for character in _STRING.sub("", text):
        if character in "{[":
            opened.append(character)
        elif character in "}]" and opened:
            opened.pop()
    return MISSING_BRACKET if opened and opened[-1] == "[" else MISSING_BRACE


def expected_refusal(text: str, is_publication: bool) -> str:
    """Return the error code and reason that the server would answer; empty if it would accept.

    Access, limits and tokens are not checked.
    """
    if not is_publication:
        try:
            codec.decode_client(text)
        except RequestError as error:
            return f"{error.code}: {error.message}"
        return ""
    try:
        publication = msgspec.json.decode(text, type=PublishRequest)
        publication.address()
        codec.validate_event(publication.type, Raw(publication.payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return f"HTTP 422: {error}"
    except RequestError as error:
        return f"HTTP 422: {error.message}"
    return ""
