"""Encodes and decodes the WebSocket frames of a load generator.  Pure.

Clients must mask; with a mask of zeros the payload stays as it is, and masking costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

FIN_BIT, MASK_BIT = 0x80, 0x80
ZERO_MASK = bytes(4)
LENGTH_16_BIT, LENGTH_64_BIT = 126, 127  # the length follows


def encode_frame(opcode: int, payload: bytes = b"", *, masked: bool) -> bytes:
    """Encode one frame: masked as a client's, or unmasked as a server's."""
    size, mark = len(payload), MASK_BIT if masked else 0
    if size < LENGTH_16_BIT:
        head = bytes((FIN_BIT | opcode, mark | size))
    else:
        head = bytes((FIN_BIT | opcode, mark | LENGTH_16_BIT)) + size.to_bytes(2, "big")
    return head + (ZERO_MASK if masked else b"") + payload


def decode_frames(data: bytes | bytearray, start: int = 0) -> Iterator[tuple[int, bytes, int]]:
    """Yield the complete frames of a server: opcode, payload, and the start of the next.

    Data after the last of them is the beginning of an incomplete frame.
    """
    while start + 2 <= len(data):
        size, body = data[start + 1], start + 2
        if size in (LENGTH_16_BIT, LENGTH_64_BIT):
            body += 2 if size == LENGTH_16_BIT else 8
            if body > len(data):
                return
            size = int.from_bytes(data[start + 2 : body], "big")
        if body + size > len(data):
            return
        opcode, start = data[start] & 0xF, body + size
        yield opcode, bytes(data[body:start]), start
