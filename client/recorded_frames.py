"""Recorded frames of a connection, and the pairing of requests and replies.  Pure.

Handshake, close, and publish requests over HTTP with their responses are recorded as frames, too,
so that one list shows everything.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct

from protocol import codec

REDACTED = "•••"
_TOKEN_FIELD = re.compile(r'("token"\s*:\s*)"(?:[^"\\]|\\.)*"')
_ERROR_TYPES = {"error", "auth_error"}
_AUTH_REPLIES = {"auth_success", "auth_error"}
_REPLY_TYPES = _AUTH_REPLIES | {"error", "subscribed", "unsubscribed", "pong"}
_TONES = {  # a reply by what it says, an event by the kind of channel that it is at home on
    "auth_success": "ok",
    "subscribed": "ok",
    "unsubscribed": "ok",
    "open": "ok",
    "error": "bad",
    "auth_error": "bad",
    "pong": "muted",
    "order_update": "order",
    "notification": "user",
    "cart_update": "user",
    "chat_message": "user",
    "new_order": "tenant",
    "inventory_alert": "tenant",
    "customer_activity": "tenant",
    "traffic": "monitor",
    "stats": "monitor",
}


class Opcode(IntEnum):
    """What a WebSocket frame says it carries (RFC 6455, 5.2), of those sent here."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2


class FrameKind(StrEnum):
    """What a frame is."""

    CONNECT = "connect"
    OPEN = "open"
    HANDSHAKE_REJECTED = "refused"
    TEXT = "text"
    BINARY = "binary"
    CONTINUATION = "continuation"
    CLOSE = "close"
    HTTP_REQUEST = "post"
    HTTP_RESPONSE = "answer"


class RecordedFrame(Struct, frozen=True, kw_only=True, gc=False):
    """One frame; ``seq`` counts from 1 within its record.

    ``at`` is in seconds since the epoch, taken next to the socket.  ``text`` is what crossed,
    with tokens hidden; ``size`` its bytes on the wire.  ``code`` is a close code or an HTTP
    status, 0 for anything else.  ``answers`` names the request by its ``seq`` where whoever
    recorded it knows, as with HTTP.  ``type`` and ``id`` are those of the message, empty and
    None where there is none.
    """

    seq: int
    at: float
    is_sent: bool
    kind: FrameKind
    text: str = ""
    size: int = 0
    code: int = 0
    reply_to: int = 0
    type: str = ""
    id: str | None = None

    @property
    def label(self) -> str:
        """Short label, in protocol terms."""
        match self.kind:
            case FrameKind.CLOSE:
                return f"close {self.code}"
            case FrameKind.HANDSHAKE_REJECTED | FrameKind.HTTP_RESPONSE:
                return f"HTTP {self.code}"
            case FrameKind.HTTP_REQUEST:
                return "POST"
            case FrameKind.TEXT:
                return self.type or "text"
            case _:
                return str(self.kind)

    @property
    def is_error(self) -> bool:
        """Return whether it is an error, a close or a failed HTTP response of the server."""
        if self.kind in (FrameKind.HANDSHAKE_REJECTED, FrameKind.HTTP_RESPONSE):
            return self.code >= 400
        return not self.is_sent and (self.kind is FrameKind.CLOSE or self.type in _ERROR_TYPES)

    @property
    def is_event(self) -> bool:
        """Return whether it is an event, not a reply."""
        is_heard = self.kind is FrameKind.TEXT and not self.is_sent
        return is_heard and self.id is None and self.type not in _REPLY_TYPES

    @property
    def tone(self) -> str:
        """Name the colour of its chip: a severity or a channel kind."""
        if self.is_error:
            return "bad"
        if self.kind is FrameKind.HTTP_RESPONSE:
            return "ok"
        return _TONES.get(self.label, "accent" if self.is_sent else "muted")

    @property
    def error_code(self) -> str:
        """Return the code of a refusal, in a frame or an HTTP answer; empty for all others."""
        found = self.json_body
        told = found.get("payload") if self.kind is FrameKind.TEXT else found.get("error")
        code = told.get("code") if isinstance(told, Mapping) else None
        return code if isinstance(code, str) else ""

    @property
    def json_body(self) -> dict[str, Any]:
        """Read the text as a JSON object; empty where it is none."""
        try:
            found = codec.decode_json(self.text)
        except codec.DECODE_ERRORS:
            return {}
        return found if isinstance(found, dict) else {}


class FrameMatch(Struct, frozen=True):
    """What a frame answers, or what answers it: the other's ``seq``, and the time between."""

    other_seq: int
    seconds: float


def hide_tokens(text: str) -> str:
    """Replace the tokens in a message: frames are shown on screens."""
    return _TOKEN_FIELD.sub(rf'\1"{REDACTED}"', text)


def message_type_and_id(data: bytes) -> tuple[str, str | None]:
    """Read a message's type and id, as far as it has them."""
    try:
        found = codec.decode_json(data)
    except codec.DECODE_ERRORS:
        return "", None
    if not isinstance(found, dict):
        return "", None
    type_, id = found.get("type"), found.get("id")
    return type_ if isinstance(type_, str) else "", id if isinstance(id, str) else None


def match_replies(frames: Iterable[RecordedFrame]) -> dict[int, FrameMatch]:
    """Pair requests with their replies; each of a pair is in the result under its ``seq``.

    By ``id``, and first come, first served where an id was used again: the server answers
    one connection's requests in order.  The upgrade, and the sign-in that travels in its
    address, are answered without an id.  A reply of one connection answers nothing that was
    sent on the one before.
    """
    found: dict[int, FrameMatch] = {}
    by_seq: dict[int, RecordedFrame] = {}
    waiting: dict[str, deque[RecordedFrame]] = {}
    connecting: RecordedFrame | None = None
    signing_in: RecordedFrame | None = None
    for frame in frames:
        request: RecordedFrame | None = None
        if frame.kind is FrameKind.CONNECT:
            waiting, connecting = {}, frame
            signing_in = frame if frame.text else None
        elif frame.is_sent:
            by_seq[frame.seq] = frame
            if frame.id is not None:
                waiting.setdefault(frame.id, deque()).append(frame)
        elif frame.reply_to:
            request = by_seq.get(frame.reply_to)
        elif frame.kind in (FrameKind.OPEN, FrameKind.HANDSHAKE_REJECTED):
            request, connecting = connecting, None
        elif frame.id is not None and waiting.get(frame.id):
            request = waiting[frame.id].popleft()
        elif frame.id is None and frame.type in _AUTH_REPLIES:
            request, signing_in = signing_in, None
        if request is not None:
            seconds = frame.at - request.at
            found[frame.seq] = FrameMatch(request.seq, seconds)
            found[request.seq] = FrameMatch(frame.seq, seconds)
    return found
