"""Channels and their names: ``kind:key``."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
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
    """A stream of messages that clients can subscribe to.

    Order ids are unique within a tenant only, so a server's channel of an order has the tenant
    too.  Clients never see it: on the wire both are ``order:{id}``, and ``parse`` and ``str``
    are the only ways between the two.
    """

    kind: ChannelKind
    key: str
    tenant: str = ""
    """The tenant of an order; empty for every other kind, and on the side of a client."""

    @classmethod
    @lru_cache(maxsize=4096)  # the same names come again and again
    def parse(cls, name: str, tenant: str = "") -> Channel:
        """Parse ``kind:key``, as somebody of a tenant means it.

        Raises:
            RequestError: ``forbidden``, whatever is wrong: a malformed name gets the same
                error as a forbidden one, so that the error does not reveal what exists.
        """
        match = _NAME_PATTERN.fullmatch(name) if len(name) <= MAX_NAME_LENGTH else None
        if match is None:
            raise RequestError(ErrorCode.FORBIDDEN, "Cannot access this channel")
        kind = ChannelKind(match[1])
        return cls(kind, match[2], tenant if kind is ChannelKind.ORDER else "")

    @classmethod
    def from_internal_name(cls, name: str) -> Channel:
        """Parse what ``internal_name`` returned.

        Raises:
            ValueError, RequestError: it is no such name.
        """
        kind, *tenant, key = name.split(":")
        channel = cls.parse(f"{kind}:{key}", *tenant[:1])
        if channel.internal_name != name or not all(map(is_valid_key, tenant)):
            raise ValueError("no channel has this name")
        return channel

    @property
    def internal_name(self) -> str:
        """The name by which servers tell channels apart: ``order:{tenant}:{id}`` for an order."""
        return f"{self.kind}:{self.tenant}:{self.key}" if self.tenant else str(self)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def is_valid_key(text: str) -> bool:
    """Return whether a text is a valid key for every kind of channel."""
    return len(text) <= MAX_NAME_LENGTH - len("monitor:") and bool(_KEY_PATTERN.fullmatch(text))
