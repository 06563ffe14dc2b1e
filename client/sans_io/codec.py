"""Encodes and decodes messages leniently: unknown types and fields are passed on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Raw, Struct
from msgspec.json import Decoder

from protocol.codec import DECODE_ERRORS, decode_json, encode_json


class _PayloadOnly(Struct):
    payload: Raw = Raw(b"{}")


_payload_decoder = Decoder(_PayloadOnly)


def encode_message(
    type: str, payload: dict[str, Any] | None = None, id: str | None = None
) -> bytes:
    """Encode a client's message."""
    message = {"type": type, "payload": payload or {}}
    return encode_json(message if id is None else message | {"id": id})


def decode_message(text: bytes) -> dict[str, Any] | None:
    """Decode a server's message; None if it is none.  Numbers with a fraction are ``Decimal``."""
    try:
        message = decode_json(text)
    except DECODE_ERRORS:
        return None
    is_message = isinstance(message, dict) and isinstance(message.get("type"), str)
    return message if is_message else None


def message_id(message: dict[str, Any]) -> str | None:
    """Return the id of the request that the message answers, if it answers one."""
    id = message.get("id")
    return id if isinstance(id, str) else None


def message_payload(message: dict[str, Any]) -> dict[str, Any]:
    """Return the payload; empty where it was left out."""
    payload = message.get("payload")
    return payload if isinstance(payload, dict) else {}


def raw_payload(text: bytes) -> bytes:
    """Return the payload of a message byte for byte; ``{}`` where it was left out."""
    return bytes(_payload_decoder.decode(text).payload)


def parse_timestamp(text: object) -> float | None:
    """Parse an ISO 8601 time as seconds since the epoch; None if it is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None
