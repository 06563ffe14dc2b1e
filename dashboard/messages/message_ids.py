"""Ids of messages in URLs: ``57-1700000000250``, the message's number and its time in ms.  Pure.

Numbers begin at 1 whenever the dashboard starts, so the time tells which message is meant.  A
number alone is accepted, too.
"""

from __future__ import annotations

from dashboard.state.message_log import LoggedMessage, LogView


def message_id(message: LoggedMessage) -> str:
    """Return the id of a message."""
    return f"{message.seq}-{round(message.at * 1000)}"


def find_message(id: str, log: LogView) -> LoggedMessage | None:
    """Return the message with an id, or None if the log does not have it."""
    seq_text, _, at_text = id.partition("-")
    if not (seq_text.isdecimal() and len(seq_text) < 16):
        return None
    seq = int(seq_text)
    found = next((m for m in log.newest_first() if m.seq == seq), None)
    is_same = found is not None and at_text in ("", str(round(found.at * 1000)))
    return found if is_same else None
