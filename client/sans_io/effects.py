"""Effects that the sans-I/O core returns; performed in order."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class DispatchMessage(Struct, frozen=True):
    """Dispatch a message to its handlers; ``text`` is the message as it was received."""

    message: dict[str, Any]
    text: bytes


class ResolveRequest(Struct, frozen=True):
    """Resolve the request with this id, with its reply or an exception."""

    id: str
    outcome: dict[str, Any] | Exception


class RefreshToken(Struct, frozen=True):
    """Fetch a fresh token and pass it to ``SansIoClient.sign_in``."""


class DropConnection(Struct, frozen=True):
    """The server timed out: end the connection, whatever it answers."""

    reason: str


ClientEffect = DispatchMessage | ResolveRequest | RefreshToken | DropConnection
