"""Recorded frames of a connection, and the pairing of requests and replies.  Pure.

Handshake, close, and publish requests over HTTP with their responses are recorded as frames, too,
so that one list shows everything.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from client.sans_io.connection_events import Direction
from protocol import codec

REDACTED = "•••"
_TOKEN_FIELD = re.compile(r'("token"\s*:\s*)"(?:[^"\\]|\\.)*"')
_ERROR_TYPES = {"error", "auth_error"}
_AUTH_REPLIES = {"auth_success", "auth_error"}
_REPLY_TYPES = _AUTH_REPLIES | {"error", "subscribed", "unsubscribed", "pong"}


class FrameKind(StrEnum):
    """Kind of a recorded frame."""

    CONNECT = "connect"
    OPEN = "open"
    HANDSHAKE_REJECTED = "refused"
    TEXT = "text"
    BINARY = "binary"
    CONTINUATION = "continuation"
    CLOSE = "close"
    HTTP_REQUEST = "post"
    HTTP_RESPONSE = "answer"


class RecordedFrame(Struct, frozen=True, kw_only=True):
    """One frame.

    ``seq`` counts from 1 within a recorder.  ``at`` is in seconds since the epoch, taken next
    to the socket.  ``text`` is the content with tokens redacted, ``message`` the same as a JSON
    object, None if it is none.  ``size`` is in bytes.  ``code`` is a close code or an HTTP
    status, else 0.  ``reply_to`` is the ``seq`` of the request that an HTTP response answers,
    else 0.
    """

    seq: int
    at: float
    direction: Direction
    kind: FrameKind
    text: str = ""
    message: dict[str, Any] | None = None
    size: int = 0
    code: int = 0
    reply_to: int = 0

    @property
    def is_sent(self) -> bool:
        """Return whether the client sent it."""
        return self.direction is Direction.SENT

    @property
    def json_body(self) -> dict[str, Any]:
        """The message; empty if there is none."""
        return self.message or {}

    @property
    def type(self) -> str:
        """The message's type; empty if there is none."""
        type_ = self.json_body.get("type")
        return type_ if isinstance(type_, str) else ""

    @property
    def id(self) -> str | None:
        """The message's id."""
        id = self.json_body.get("id")
        return id if isinstance(id, str) else None

    @property
    def payload(self) -> dict[str, Any]:
        """The message's payload; empty if there is none."""
        payload = self.json_body.get("payload")
        return payload if isinstance(payload, dict) else {}

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
        is_received = self.kind is FrameKind.TEXT and not self.is_sent
        return is_received and self.id is None and self.type not in _REPLY_TYPES

    @property
    def error_code(self) -> str:
        """The code of an error, in a frame or an HTTP response; else empty."""
        error = self.payload if self.kind is FrameKind.TEXT else self.json_body.get("error")
        code = error.get("code") if isinstance(error, Mapping) else None
        return code if isinstance(code, str) else ""


class FrameMatch(Struct, frozen=True):
    """A request's reply, or a reply's request: the other's ``seq``, and the time between them."""

    other_seq: int
    seconds: float


def parse_frame_text(data: bytes) -> tuple[str, dict[str, Any] | None]:
    """Return the text of a frame with tokens redacted, and its JSON object if it is one."""
    try:
        text = _redact_tokens(data.decode())
    except UnicodeDecodeError:
        return _redact_tokens(data.decode(errors="replace")), None
    try:
        message = codec.decode_json(text)
    except codec.DECODE_ERRORS:
        return text, None
    return text, message if isinstance(message, dict) else None


def _redact_tokens(text: str) -> str:
    return _TOKEN_FIELD.sub(rf'\1"{REDACTED}"', text)


class ReplyMatcher:
    """Finds the request of each reply, frame by frame.

    By ``id``, and in order where an id was used again: the server answers the requests of a
    connection in order.  The upgrade, and the sign-in in its URL, are answered without an id.
    A reply never answers a request of an earlier connection.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[RecordedFrame]] = {}
        self._http_requests: dict[int, RecordedFrame] = {}
        self._connecting: RecordedFrame | None = None
        self._signing_in: RecordedFrame | None = None

    def add(self, frame: RecordedFrame) -> RecordedFrame | None:
        """Take the next frame; returns the request that it answers, if it answers one."""
        request: RecordedFrame | None = None
        if frame.kind is FrameKind.CONNECT:
            self._waiting, self._connecting = {}, frame
            self._signing_in = frame if frame.text else None
        elif frame.kind is FrameKind.HTTP_REQUEST:
            self._http_requests[frame.seq] = frame
        elif frame.is_sent:
            if frame.id is not None:
                self._waiting.setdefault(frame.id, deque()).append(frame)
        elif frame.reply_to:
            request = self._http_requests.pop(frame.reply_to, None)
        elif frame.kind in (FrameKind.OPEN, FrameKind.HANDSHAKE_REJECTED):
            request, self._connecting = self._connecting, None
        elif frame.id is not None:
            request = self._first_waiting(frame.id)
        elif frame.type in _AUTH_REPLIES:
            request, self._signing_in = self._signing_in, None
        return request

    def _first_waiting(self, id: str) -> RecordedFrame | None:
        waiting = self._waiting.get(id)
        if not waiting:
            return None
        request = waiting.popleft()
        if not waiting:
            del self._waiting[id]
        return request


def match_replies(frames: Iterable[RecordedFrame]) -> dict[int, FrameMatch]:
    """Pair requests with their replies; each of a pair is in the result under its ``seq``."""
    matcher = ReplyMatcher()
    matches: dict[int, FrameMatch] = {}
    for frame in frames:
        if (request := matcher.add(frame)) is not None:
            seconds = frame.at - request.at
            matches[frame.seq] = FrameMatch(request.seq, seconds)
            matches[request.seq] = FrameMatch(frame.seq, seconds)
    return matches
