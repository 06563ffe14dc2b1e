"""Export messages as JSON Lines (unchanged) and CSV.  Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from dashboard.state.message_log import LoggedMessage
from protocol import codec

COLUMNS = ("seq", "at", "channel", "type", "reached", "message")


def to_jsonl(messages: Iterable[LoggedMessage]) -> bytes:
    """Write a message a line, to the byte as it came but for line breaks between values."""
    return b"".join(strip_newlines(message.text) + b"\n" for message in messages)


def strip_newlines(text: bytes) -> bytes:
    """Return JSON without line breaks; within a string there are none."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ")


def to_csv(messages: Iterable[LoggedMessage]) -> bytes:
    """Write a table that spreadsheets open: times in UTC, the message as JSON in its last column.

    Begins with a byte order mark, without which Excel takes Cyrillic for Latin.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for m in messages:
        line = strip_newlines(m.text).decode(errors="replace")
        writer.writerow((m.seq, codec.format_timestamp(m.at), m.channel, m.type, m.reached, line))
    return table.getvalue().encode("utf-8-sig")
