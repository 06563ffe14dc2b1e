"""Checks a message while it is typed: its JSON, and what the server would answer.  Pure."""

from __future__ import annotations

import json
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
        "a field name in double quotes is missing; a comma after the last field is one too many"
    ),
    "Unterminated string starting at": N_("a string has no closing quote"),
    "Invalid control character at": N_("a line break or tab inside a string"),
    "Invalid \\escape": N_("an invalid escape after a backslash"),
    "Invalid \\uXXXX escape": N_("an invalid escape after a backslash"),
    "Extra data": N_("text after the end of the JSON"),
}
"""What Python's parser reports, in words for a person."""


class JsonError(Struct, frozen=True):
    """Where a text stops being JSON, counted from 1, and why, untranslated.

    ``offset`` is in UTF-16 units from 0, as a browser counts.
    """

    line: int
    column: int
    offset: int
    text: str


def find_json_error(text: str) -> JsonError | None:
    """Return the first error in a JSON text; None if there is none, or no text."""
    if not text.strip():
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode("utf-16-le")) // 2
        words = JSON_ERRORS.get(error.msg, error.msg)
        return JsonError(error.lineno, error.colno, offset, words)
    except RecursionError:
        return None
    return None


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
