"""Channel names: ``kind:key``, parsed once and never split again."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from protocol.errors import ErrorCode, Refusal


class Kind(StrEnum):
    """What a channel is about; decides who may join it (``server.access``)."""

    USER = "user"
    ORDER = "order"
    TENANT = "tenant"
    PUBLIC = "public"
    MONITOR = "monitor"


_NAME = re.compile(rf"({'|'.join(Kind)}):([A-Za-z0-9_.-]+)", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
LONGEST_NAME = 128  # characters, kind and colon included


class Channel(NamedTuple):
    """One stream of messages that clients may subscribe to."""

    kind: Kind
    key: str

    @classmethod
    def parse(cls, name: str) -> Channel:
        """Read ``kind:key``.

        Raises:
            Refusal: ``forbidden``, whatever is wrong: the answer to a malformed name is
                the answer to a foreign one, so that it never tells what exists.
        """
        match = _NAME.fullmatch(name) if len(name) <= LONGEST_NAME else None
        if match is None:
            raise Refusal(ErrorCode.FORBIDDEN, "Cannot access this channel")
        return cls(Kind(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def is_key(text: str) -> bool:
    """Tell whether ``text`` may stand after the colon, whatever the kind before it."""
    return len(text) <= LONGEST_NAME - len("monitor:") and bool(_KEY.fullmatch(text))
