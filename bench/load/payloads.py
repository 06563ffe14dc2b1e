"""Payloads: numbered notifications that are 295 bytes on the wire.

The number gives the order; ``sent`` is when the publisher sent it, in nanoseconds of the
machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

from typing import Any

from bench.load import frame_codec
from protocol.opcodes import Opcode

CHANNEL = "public:bench"
WIRE_BYTES = 295
"""A short order update or notification of the shop, frame header included."""

_PAYLOAD = '{"id":"n_%09d","title":"Bench","body":"%s","sent":"%020d"}'
_MESSAGE = '{"type":"notification","payload":%s,"timestamp":"2024-01-15T10:30:00.000Z"}'
_PADDING = "x" * (WIRE_BYTES - 4 - len(_MESSAGE % (_PAYLOAD % (0, "", 0))))  # 4 bytes of header

SAMPLE_FRAME = frame_codec.encode_frame(
    Opcode.TEXT, (_MESSAGE % (_PAYLOAD % (0, _PADDING, 0))).encode(), masked=False
)
"""A frame of the same size, for raw writes."""


def publication(number: int, sent_ns: int) -> bytes:
    """Return the JSON of one publication."""
    payload = _PAYLOAD % (number, _PADDING, sent_ns)
    return f'{{"channel":"{CHANNEL}","type":"notification","payload":{payload}}}'.encode()


def request_body(first: int, count: int, sent_ns: int) -> bytes:
    """Return a request's body: one publication, or a list of several."""
    if count == 1:
        return publication(first, sent_ns)
    return b"[%b]" % b",".join(publication(first + n, sent_ns) for n in range(count))


def check_and_get_sent_ns(message: Any, number: int) -> int:
    """Return when the publisher sent the message with this number.

    Raises:
        ValueError: it is another message, or differs from the one published.
    """
    payload = message["payload"]
    sent_ns = int(payload["sent"])
    expected = {
        "id": f"n_{number:09}",
        "title": "Bench",
        "body": _PADDING,
        "sent": f"{sent_ns:020}",
    }
    if message["type"] != "notification" or payload != expected:
        raise ValueError(f"message {number} differs from the one published")
    return sent_ns
