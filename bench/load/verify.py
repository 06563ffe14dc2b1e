"""Order and completeness: what subscribers must have received, byte for byte.

All subscribers of one channel get the same bytes.  The first to be ahead of the others says
which; they are parsed and held against what was published, and everybody else's are compared
with them.  Knows no socket.
"""

from __future__ import annotations

import json

from bench.load import frame_codec
from bench.load.payloads import check_and_get_sent_ns
from protocol.opcodes import Opcode


class VerificationFailed(Exception):
    """A subscriber received something else than was published, or in another order."""


class ExpectedStream:
    """The bytes of ``expected`` notifications, as far as anybody has received them.

    ``ends`` says up to which byte each goes, and ``sent_ns`` when it left the publisher.
    """

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._bytes = bytearray()
        self.message_ends: list[int] = []
        self.sent_ns: list[int] = []

    @property
    def size(self) -> int | None:
        """How many bytes each subscriber receives, once that is known."""
        is_whole = len(self.message_ends) == self._expected
        return len(self._bytes) if is_whole else None

    def verify(self, offset: int, data: bytes) -> int:
        """Compare what a subscriber received behind its first ``at`` bytes; returns the sum.

        Raises:
            OutOfStep: it is not what the others received, or not what was published.
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
            raise VerificationFailed(
                f"a frame too many behind message {number - 1}: opcode {opcode}"
            )
        try:
            self.sent_ns.append(check_and_get_sent_ns(json.loads(payload), number))
        except (ValueError, KeyError, TypeError) as why:
            raise VerificationFailed(f"not message {number} as it was published: {why}") from None


class PongCounter:
    """Counts replies that differ in nothing but their timestamp, and so all have one size."""

    def __init__(self, sample: bytes) -> None:
        stamp = sample.index(b'"timestamp":"')
        self._head = sample[:stamp]
        self._size = len(sample)

    def count(self, data: bytes) -> tuple[int, bytes]:
        """Return how many whole replies these are, and the beginning of the next.

        Raises:
            OutOfStep: there is something else among them.
        """
        count = len(data) // self._size
        whole = count * self._size
        if data.count(self._head, 0, whole) != count:
            raise VerificationFailed("something came that is not the answer to a ping")
        return count, data[whole:]
