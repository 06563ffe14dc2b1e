"""Channel names: ``kind:key``, parsed once and never split again."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from protocol.errors import ErrorCode, RequestError


class ChannelKind(StrEnum):
    """What a channel is about; decides who may join it (``server.auth.permissions``)."""

    USER = "user"
    ORDER = "order"
    TENANT = "tenant"
    PUBLIC = "public"
    MONITOR = "monitor"


_NAME_PATTERN = re.compile(rf"({'|'.join(ChannelKind)}):([A-Za-z0-9_.-]+)", re.ASCII)
_KEY_PATTERN = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
MAX_NAME_LENGTH = 128  # characters, kind and colon included


class Channel(NamedTuple):
    """One stream of messages that clients may subscribe to."""

    kind: ChannelKind
    key: str

    @classmethod
    def parse(cls, name: str) -> Channel:
        """Read ``kind:key``.

        Raises:
            Refusal: ``forbidden``, whatever is wrong: the answer to a malformed name is
                the answer to a foreign one, so that it never tells what exists.
        """
        match = _NAME_PATTERN.fullmatch(name) if len(name) <= MAX_NAME_LENGTH else None
        if match is None:
            raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this channel")
        return cls(ChannelKind(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def is_valid_key(text: str) -> bool:
    """Tell whether ``text`` may stand after the colon, whatever the kind before it."""
    return len(text) <= MAX_NAME_LENGTH - len("monitor:") and bool(_KEY_PATTERN.fullmatch(text))
