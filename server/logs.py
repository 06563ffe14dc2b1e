"""What a log line looks like: a few words for people, or a JSON object for machines.

Knows nothing of what is logged.  That no token is ever in it is up to those who log: request
lines are not logged, and neither are URLs.
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
    """One JSON object a line: ``timestamp``, ``level``, ``logger``, ``message``.

    An exception is in ``exception``, whole; what was given as ``extra`` is there by its name.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write one record; the line has no line breaks."""
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
        # Not the codec: a log line must come out whatever is in it, lone surrogates included.
        return json.dumps(line, default=str)


def configure_logging(style: LogFormat) -> None:
    """Write everything from INFO up to the standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        JsonFormatter() if style is LogFormat.JSON else logging.Formatter(TEXT_FORMAT)
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
