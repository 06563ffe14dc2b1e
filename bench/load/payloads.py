"""What is published for measuring: numbered notifications that are 295 bytes on the wire.

The number tells their order, ``sent`` when they left the publisher, in nanoseconds of the
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
"""A frame of the same size, for those who send it without having been asked to publish."""


def publication(number: int, sent_ns: int) -> bytes:
    """Write one publication, as ``POST /api/publish`` takes it."""
    payload = _PAYLOAD % (number, _PADDING, sent_ns)
    return f'{{"channel":"{CHANNEL}","type":"notification","payload":{payload}}}'.encode()


def request_body(first: int, count: int, sent_ns: int) -> bytes:
    """Write a request's body: one publication, or a list if there are more."""
    if count == 1:
        return publication(first, sent_ns)
    return b"[%b]" % b",".join(publication(first + n, sent_ns) for n in range(count))


def check_and_get_sent_ns(message: Any, number: int) -> int:
    """Return when the message with this number left the publisher.

    Raises:
        ValueError: it is another one, or not as it was published.
    """
    payload = message["payload"]
    sent_ns = int(payload["sent"])
    wanted = {"id": f"n_{number:09}", "title": "Bench", "body": _PADDING, "sent": f"{sent_ns:020}"}
    if message["type"] != "notification" or payload != wanted:
        raise ValueError(f"message {number} came otherwise than it was published")
    return sent_ns
