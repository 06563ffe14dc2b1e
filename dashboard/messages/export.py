"""Export messages as JSON Lines and CSV, each message as it was received.  Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from dashboard.messages.search import MessageFilter
from dashboard.state.message_log import LoggedMessage
from protocol import codec

COLUMNS = ("seq", "at", "channel", "type", "reached", "message")
OPERATOR_WORDS = {  # a file's name has no such characters
    ">=": " at-least ",
    "<=": " at-most ",
    "!=": " not ",
    ">": " over ",
    "<": " under ",
    "=": " is ",
}
MAX_NAME_PART = 40  # characters of a filter in the name of a file


def to_jsonl(messages: Iterable[LoggedMessage]) -> bytes:
    """Return an object per line with the columns of a table.

    ``message`` is as it was received, but for line breaks between tokens, which become spaces.
    """
    return b"".join(msgspec.json.encode(_record(message)) + b"\n" for message in messages)


def _record(message: LoggedMessage) -> dict[str, object]:
    *values, text = _row(message)
    return dict(zip(COLUMNS, (*values, Raw(strip_newlines(text))), strict=True))


def _row(m: LoggedMessage) -> tuple[int, str, str, str, int, bytes]:
    return (m.seq, codec.format_timestamp(m.at), m.channel, m.type, m.reached, m.text)


def strip_newlines(text: bytes) -> bytes:
    """Return JSON without line breaks; strings in JSON contain none."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ")


def to_csv(messages: Iterable[LoggedMessage]) -> bytes:
    """Return a table for spreadsheets: times in UTC, the message in the last column.

    It starts with a byte order mark, without which Excel does not read it as UTF-8.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for message in messages:
        *values, text = _row(message)
        writer.writerow((*values, text.decode(errors="replace")))
    return table.getvalue().encode("utf-8-sig")


def file_name(filter: MessageFilter, at: float, extension: str) -> str:
    """Return the name of a file of the messages that match a filter, at a time (in UTC)."""
    wanted = (filter.channel, filter.type, filter.user, filter.text)
    words = (
        re.sub(r"[^\w.]+", "-", _name_operators(text)).strip("-.")[:MAX_NAME_PART]
        for text in wanted
    )
    filter_words = [word for word in words if word]
    time = re.sub(r"[-:]|\..*", "", codec.format_timestamp(at))
    return "_".join(["messages", *filter_words, time]) + f".{extension}"


def _name_operators(text: str) -> str:
    return re.sub("[<>!]=|[<>=]", lambda found: OPERATOR_WORDS[found[0]], text)
