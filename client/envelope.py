"""Encodes and decodes messages leniently: unknown types and fields are passed on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocol.codec import UNREADABLE, read, write


def to_text(type: str, payload: dict[str, Any] | None = None, id: str | None = None) -> bytes:
    """Write a client's message."""
    message = {"type": type, "payload": payload or {}}
    return write(message if id is None else message | {"id": id})


def from_text(text: bytes | str) -> dict[str, Any] | None:
    """Read a server's message; None if it is none.  Numbers with a point are ``Decimal``."""
    try:
        message = read(text)
    except UNREADABLE:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if is_message else None


def id_of(message: dict[str, Any]) -> str | None:
    """Return the id of the request that the message answers, if it answers one."""
    id = message.get("id")
    return id if isinstance(id, str) else None


def payload_of(message: dict[str, Any]) -> dict[str, Any]:
    """Return the payload; empty where it was left out."""
    payload = message.get("payload")
    return payload if isinstance(payload, dict) else {}


def moment(text: object) -> float | None:
    """Read an ISO 8601 time as seconds since the epoch; None if it is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
