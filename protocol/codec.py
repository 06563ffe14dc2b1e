"""Encoding and decoding of messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, get_args, get_type_hints

import msgspec

from protocol.channels import Channel
from protocol.errors import ErrorCode, RequestError
from protocol.event_payloads import Payload
from protocol.messages import ClientMessage, Event, Message, ServerMessageBase
from protocol.money import decode_money, encode_money
from protocol.publications import Publication

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation)
"""Raised by decoding: invalid JSON or UTF-8, an unknown message, or a number beyond Decimal."""

MAX_NESTING = 64
"""Levels of a published payload; a reader may recurse into it."""

_STRINGS_AND_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_any_decoder = msgspec.json.Decoder(float_hook=Decimal)
_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=encode_money)
_CLIENT_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ClientMessage))
_PAYLOAD_DECODERS: dict[str, msgspec.json.Decoder[Payload]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(
        get_type_hints(kind)["payload"], dec_hook=decode_money, float_hook=Decimal
    )
    for kind in get_args(Event)
}
PUBLISHABLE_TYPES = frozenset(_PAYLOAD_DECODERS)
"""The message types that services may publish: the events."""


def decode_json(raw: bytes | str) -> Any:
    """Decode any JSON; numbers with a fraction become ``Decimal``.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError, decimal.InvalidOperation: see
            ``DECODE_ERRORS``.
    """
    return _any_decoder.decode(raw)


def is_nested_too_deeply(text: bytes) -> bool:
    """Tell whether valid JSON is nested more than ``MAX_NESTING`` levels deep."""
    if text.count(b"[") + text.count(b"{") <= MAX_NESTING:  # nearly always
        return False
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth > MAX_NESTING:
                return True
        elif token[0] in b"]}":
            depth -= 1
    return False


def encode_json(value: Any) -> bytes:
    """Encode built-in values, Structs and Decimals as compact JSON."""
    return _encoder.encode(value)


def decode_client(raw: bytes | str) -> ClientMessage:
    """Decode a message of a client.

    Raises:
        RequestError: with the most specific reason, and the id of the request if it has one.
    """
    try:
        return _client_decoder.decode(raw)
    except DECODE_ERRORS as error:
        raise _explain_decode_failure(raw, str(error)) from None


def encode(message: Message) -> bytes:
    """Encode a message without adding a timestamp."""
    return _encoder.encode(message)


def encode_with_timestamp(message: ServerMessageBase | msgspec.Struct, sent_at: float) -> bytes:
    """Encode a message of the server with its timestamp; ``sent_at`` is seconds since the epoch.

    The timestamp is appended to the encoded text, at a tenth of the cost of copying the message
    with the field set.
    """
    return _encoder.encode(message)[:-1] + _timestamp_suffix(int(sent_at * 1000))


def encode_with_offset(publication: Publication) -> bytes:
    """Return a publication's message for a recoverable subscription: with its offset.

    As with the timestamp, this is appended to the encoded text.
    """
    if publication.position is None or not isinstance(publication.to, Channel):
        return publication.message  # a message to everyone has no channel
    position = (str(publication.to).encode(), publication.position.offset)
    return publication.message[:-1] + b',"channel":"%b","offset":%d}' % position


def format_timestamp(at: float) -> str:
    """Format seconds since the epoch as ISO 8601 in UTC with milliseconds."""
    seconds, milliseconds = divmod(int(at * 1000), 1000)
    return f"{_format_seconds(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=16)
def _format_seconds(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@lru_cache(maxsize=16)  # under load, hundreds of messages share a millisecond
def _timestamp_suffix(milliseconds: int) -> bytes:
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f',"timestamp":"{_format_seconds(seconds)}.{milliseconds:03}Z"}}'.encode()


def validate_event(type_: str, payload: bytes | msgspec.Raw) -> tuple[Payload, bytes]:
    """Validate an event to publish.

    Returns the payload, and the JSON to forward: as published, unknown fields included, except
    for money, which is always forwarded with two decimal places.

    Raises:
        ValueError: the message says what is wrong, for the publisher.
    """
    if type_ not in _PAYLOAD_DECODERS:
        raise ValueError(f"a message of this type cannot be published; use {_PUBLISHABLE_LIST}")
    try:
        published = _any_decoder.decode(payload)
        event = _PAYLOAD_DECODERS[type_].decode(payload)
    except DECODE_ERRORS as error:
        is_decode_error = isinstance(error, msgspec.DecodeError | UnicodeDecodeError)
        raise ValueError(
            str(error) if is_decode_error else "the payload is no JSON that can be read"
        ) from None
    if all(amount.has_two_decimals for amount in event.amounts()):
        return event, bytes(payload)
    known = msgspec.to_builtins(event, enc_hook=encode_money, builtin_types=(Decimal,))
    return event, _encoder.encode(_with_normalized_amounts(known, published))


_PUBLISHABLE_LIST = ", ".join(sorted(_PAYLOAD_DECODERS))


def _with_normalized_amounts(known: Any, published: Any) -> Any:
    """Copy ``published``, with the amounts of money taken from ``known``."""
    match known, published:
        case Decimal(), _:
            return known
        case dict(), dict():
            return {k: _with_normalized_amounts(known.get(k), v) for k, v in published.items()}
        case list() | tuple(), list():
            return [_with_normalized_amounts(k, v) for k, v in zip(known, published, strict=True)]
        case _:
            return published


def _explain_decode_failure(raw: bytes | str, reason: str) -> RequestError:
    """Return the most specific error: no message, an unknown type, or an invalid payload."""
    try:
        message = _any_decoder.decode(raw)
    except DECODE_ERRORS:
        return RequestError(ErrorCode.INVALID_MESSAGE, "Invalid JSON format")
    if not isinstance(message, dict):
        return RequestError(ErrorCode.INVALID_MESSAGE, "A message is a JSON object")
    id = message.get("id")
    if "id" in message and not isinstance(id, str):
        return RequestError(ErrorCode.INVALID_MESSAGE, "`id` must be a string")
    if not isinstance(message.get("type"), str):
        return RequestError(ErrorCode.INVALID_MESSAGE, "`type` must be a string", id)
    if message["type"] not in _CLIENT_TYPES:
        return RequestError(ErrorCode.UNKNOWN_TYPE, "Unknown message type", id)
    return RequestError(ErrorCode.INVALID_PAYLOAD, reason, id)
