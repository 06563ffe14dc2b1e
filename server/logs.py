"""The format of log lines: text for people or JSON for machines.

Tokens must not be logged, and that is up to the callers: neither request lines nor URLs are
logged, because both may contain one.
"""

from __future__ import annotations

import json
import logging
import sys
from enum import StrEnum

from protocol.codec import format_timestamp

TEXT_FORMAT = "%(name)s: %(message)s"
_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class JsonFormatter(logging.Formatter):
    """One JSON object per line: ``timestamp``, ``level``, ``logger``, ``message``.

    ``exception`` is the traceback, if there is one; ``extra`` values are there by name.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line."""
        line = {
            "timestamp": format_timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {
            name: value for name, value in vars(record).items() if name not in _STANDARD_ATTRIBUTES
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # Not the codec: a log line must be written whatever it contains, lone surrogates included.
        return json.dumps(line, default=str)


def configure_logging(style: LogFormat) -> None:
    """Write everything from INFO up to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        JsonFormatter() if style is LogFormat.JSON else logging.Formatter(TEXT_FORMAT)
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
