"""Verifies order and completeness of what subscribers received, byte for byte.

All subscribers of one channel receive the same bytes.  Those of the first subscriber are parsed
and compared with what was published; those of all others are compared with the first's.
"""

from __future__ import annotations

import json

from bench.load import frame_codec
from bench.load.payloads import check_and_get_sent_ns
from protocol.opcodes import Opcode


class VerificationFailed(Exception):
    """A subscriber did not receive exactly what was published, in order."""


class ExpectedStream:
    """The bytes of ``expected`` notifications, as far as any subscriber has received them.

    ``message_ends`` has the end of each, ``sent_ns`` when the publisher sent it.
    """

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._bytes = bytearray()
        self.message_ends: list[int] = []
        self.sent_ns: list[int] = []

    @property
    def size(self) -> int | None:
        """How many bytes each subscriber receives; None until that is known."""
        is_complete = len(self.message_ends) == self._expected
        return len(self._bytes) if is_complete else None

    def verify(self, offset: int, data: bytes) -> int:
        """Compare data that a subscriber received at an offset; returns the next offset.

        Raises:
            VerificationFailed: other subscribers received, or the publisher sent, something else.
        """
        if not self._bytes.startswith(data, offset):
            self._extend(offset, data)
        return offset + len(data)

    def _extend(self, offset: int, data: bytes) -> None:
        known = len(self._bytes) - offset
        if not self._bytes.startswith(data[:known], offset):
            raise VerificationFailed(
                f"two subscribers differ in message {len(self.message_ends)} or before"
            )
        self._bytes += data[known:]
        start = self.message_ends[-1] if self.message_ends else 0
        for opcode, payload, end in frame_codec.decode_frames(self._bytes, start):
            self._check(opcode, payload)
            self.message_ends.append(end)

    def _check(self, opcode: int, payload: bytes) -> None:
        number = len(self.message_ends)
        if opcode != Opcode.TEXT or number == self._expected:
            raise VerificationFailed(f"extra frame after message {number - 1}: opcode {opcode}")
        try:
            self.sent_ns.append(check_and_get_sent_ns(json.loads(payload), number))
        except (ValueError, KeyError, TypeError) as error:
            raise VerificationFailed(f"not message {number} as published: {error}") from None


class PongCounter:
    """Counts replies that differ only in their timestamp, and so have the same size."""

    def __init__(self, sample: bytes) -> None:
        stamp = sample.index(b'"timestamp":"')
        self._head = sample[:stamp]
        self._size = len(sample)

    def count(self, data: bytes) -> tuple[int, bytes]:
        """Return the number of complete replies, and the beginning of the next.

        Raises:
            VerificationFailed: there is other data among them.
        """
        count = len(data) // self._size
        end = count * self._size
        if data.count(self._head, 0, end) != count:
            raise VerificationFailed("received something that is not a pong")
        return count, data[end:]
