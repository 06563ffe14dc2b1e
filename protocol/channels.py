"""Channels and their names: ``kind:key``."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from protocol.errors import ErrorCode, RequestError


class ChannelKind(StrEnum):
    """Kind of a channel; decides who may subscribe (``server.auth.permissions``)."""

    USER = "user"
    ORDER = "order"
    TENANT = "tenant"
    PUBLIC = "public"
    MONITOR = "monitor"


_NAME_PATTERN = re.compile(rf"({'|'.join(ChannelKind)}):([A-Za-z0-9_.-]+)", re.ASCII)
_KEY_PATTERN = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
MAX_NAME_LENGTH = 128  # characters, kind and colon included


class Channel(NamedTuple):
    """A stream of messages that clients can subscribe to."""

    kind: ChannelKind
    key: str

    @classmethod
    def parse(cls, name: str) -> Channel:
        """Parse ``kind:key``.

        Raises:
            RequestError: ``forbidden``, whatever is wrong: a malformed name gets the same
                error as a forbidden one, so that the error does not reveal what exists.
        """
        match = _NAME_PATTERN.fullmatch(name) if len(name) <= MAX_NAME_LENGTH else None
        if match is None:
            raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this channel")
        return cls(ChannelKind(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def is_valid_key(text: str) -> bool:
    """Return whether a text is a valid key for every kind of channel."""
    return len(text) <= MAX_NAME_LENGTH - len("monitor:") and bool(_KEY_PATTERN.fullmatch(text))
