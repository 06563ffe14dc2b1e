"""Publish requests in their plain form, which need no general HTTP parser.  Pure.

Plain is what nearly all publishers send: no encodings, nothing about the connection, and all
of it read at once (so at most 256 KiB, less than a body may have).  Whatever else there is in
HTTP is left to aiohttp.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache

from msgspec import Struct

MAX_HEAD_BYTES = 8190  # aiohttp has this limit for each header
MAX_LENGTH_DIGITS = 7
CACHED_HEADS = 256  # 2 MB, were all of them as long as they may be
_HEAD = re.compile(rb"POST /api/publish HTTP/1\.1(?:\r\n[A-Za-z0-9-]+:[\t -~]*)+")
_AUTHORIZATION, _IDEMPOTENCY_KEY = b"authorization", b"idempotency-key"
_CONTENT_LENGTH, _HOST = b"content-length", b"host"
_READ_ONCE = frozenset((_AUTHORIZATION, _IDEMPOTENCY_KEY, _CONTENT_LENGTH, _HOST))
_NOT_PLAIN = frozenset(
    (b"connection", b"content-encoding", b"expect", b"te", b"transfer-encoding", b"upgrade")
)


class PlainRequest(Struct, frozen=True):
    """A publish request: the two headers that count, and its body."""

    authorization: str
    idempotency_key: str | None
    body: bytes


class _Head(Struct, frozen=True):
    """What counts of a plain request before its body."""

    authorization: str
    idempotency_key: str | None
    content_length: int


def read_plain_request(data: bytes) -> PlainRequest | None:
    """Read one whole publish request; None for anything else, and for more or less than one."""
    encoded_head, _, body = data.partition(b"\r\n\r\n")
    head = _read_head(encoded_head) if len(encoded_head) <= MAX_HEAD_BYTES else None
    if head is None or head.content_length != len(body):
        return None
    return PlainRequest(head.authorization, head.idempotency_key, body)


@lru_cache(maxsize=CACHED_HEADS)  # a publisher's differ in the length of the body at the most
def _read_head(head: bytes) -> _Head | None:
    """Read the request line and the headers; None if they are not plain."""
    if not _HEAD.fullmatch(head):
        return None
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _NOT_PLAIN or name in found:
            return None
        if name in _READ_ONCE:
            found[name] = value.strip(b" \t")
    length = found.get(_CONTENT_LENGTH, b"")
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        return None
    key = found.get(_IDEMPOTENCY_KEY)
    return _Head(
        found.get(_AUTHORIZATION, b"").decode(), None if key is None else key.decode(), int(length)
    )


class ResponseEncoder:
    """Encodes responses, with the headers that aiohttp adds.

    ``clock`` is in seconds since the epoch, ``server`` the value of the header ``Server``.
    """

    def __init__(self, clock: Callable[[], float], server: str) -> None:
        self._clock = clock
        self._server = server
        self._second = 0
        self._added_headers = ""

    def encode(
        self, status: int, reason: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> bytes:
        """Encode a response."""
        if (second := int(self._clock())) != self._second:
            self._second = second
            date = formatdate(second, usegmt=True)
            self._added_headers = f"Date: {date}\r\nServer: {self._server}\r\n\r\n"
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        start = f"HTTP/1.1 {status} {reason}\r\n{lines}Content-Length: {len(body)}\r\n"
        return (start + self._added_headers).encode() + body
