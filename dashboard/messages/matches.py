"""What a search found in a message, as one line of text whose matching parts are marked.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice

from common import field_conditions
from common.field_conditions import FoundField
from common.text_patterns import ConditionPattern, JsonPathPattern, Pattern, RegexPattern
from dashboard.messages import fields
from dashboard.state.message_log import LoggedMessage

FOUND_END = " — "  # between the fields that were found and the summary of the message
VISIBLE = 48  # characters of a line that are surely seen
CONTEXT = 16  # characters before a match that is cut out of a longer text
MAX_FOUND = 4  # fields
MAX_MARKS = 8  # in one line


@lru_cache(maxsize=4096)
def describe_match(message: LoggedMessage, pattern: Pattern | None) -> str:
    """Return a message's line in a list; it begins with, or soon shows, what the search found."""
    match pattern:
        case ConditionPattern():
            return _with_found(message, pattern.found(message.text))
        case JsonPathPattern():
            compared = pattern.compared_fields(message.text)
            if compared:
                return _with_found(message, compared)
            return fields.format_values(pattern.values(message.text))
        case RegexPattern():
            summary = fields.summarize_message(message)
            return _excerpt(summary, pattern) or _excerpt(_one_line(message), pattern) or summary
        case _:
            return fields.summarize_message(message)


def mark_matches(pattern: Pattern | None) -> Callable[[str], Iterable[tuple[int, int]]]:
    """Return what finds the parts, as (start, end), that matched in a line of a list."""
    match pattern:
        case RegexPattern():
            return lambda line: islice(pattern.spans(line), MAX_MARKS)
        case ConditionPattern() | JsonPathPattern():
            return _found_part
        case _:
            return lambda _: ()


def _found_part(line: str) -> Iterator[tuple[int, int]]:
    end = line.find(FOUND_END)
    if end > 0:
        yield 0, end


def _with_found(message: LoggedMessage, found: list[FoundField]) -> str:
    parts = dict.fromkeys(
        f"{field.path.removeprefix('payload.')} {field_conditions.value_text(field.value)}"
        for field in found
    )
    # Short ones first, so that a long text does not push a number out of sight.
    return (
        " · ".join(sorted(parts, key=len)[:MAX_FOUND])
        + FOUND_END
        + fields.summarize_message(message)
    )


def _excerpt(text: str, pattern: RegexPattern) -> str:
    """Return a text, cut at its start if the match would not be seen; empty without a match."""
    span = next(iter(pattern.spans(text)), None)
    if span is None:
        return ""
    return text if span[1] <= VISIBLE else f"…{text[max(0, span[0] - CONTEXT) :]}"


def _one_line(message: LoggedMessage) -> str:
    return " ".join(fields.original_text(message).split())
