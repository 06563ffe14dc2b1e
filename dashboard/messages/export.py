"""Export messages as JSON Lines and CSV, each message as it was received.  Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from dashboard.state.message_log import LoggedMessage
from protocol import codec

COLUMNS = ("seq", "at", "channel", "type", "reached", "message")


def to_jsonl(messages: Iterable[LoggedMessage]) -> bytes:
    """Return one message per line; line breaks between tokens become spaces, all else stays."""
    return b"".join(strip_newlines(message.text) + b"\n" for message in messages)


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
    for m in messages:
        text = m.text.decode(errors="replace")
        writer.writerow((m.seq, codec.format_timestamp(m.at), m.channel, m.type, m.reached, text))
    return table.getvalue().encode("utf-8-sig")
