"""WebSocket frames (RFC 6455): encoding what the server sends, decoding what clients send."""

from __future__ import annotations

import struct

from protocol.errors import CloseCode
from protocol.opcodes import Opcode

_FIN = 0x80
_TEXT, _CLOSE, _PING, _PONG = _FIN | 0x1, _FIN | 0x8, _FIN | 0x9, _FIN | 0xA
_MAX_CONTROL_PAYLOAD = 125  # bytes at the most in a control frame


def encode_text(message: bytes) -> bytes:
    """Frame a message."""
    size = len(message)
    if size < 126:
        return bytes((_TEXT, size)) + message
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT, 126, size) + message
    return struct.pack("!BBQ", _TEXT, 127, size) + message


def encode_close(code: CloseCode) -> bytes:
    """Say goodbye, and why."""
    payload = struct.pack("!H", code) + code.reason.encode()[: _MAX_CONTROL_PAYLOAD - 2]
    return bytes((_CLOSE, len(payload))) + payload


def encode_pong(payload: bytes) -> bytes:
    """Answer a ping with its own payload, of at most 125 bytes."""
    return bytes((_PONG, len(payload))) + payload


PING_FRAME = bytes((_PING, 0))


_FIN, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASK_BIT, _LENGTH_BITS = 0x80, 0x7F
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # lengths that say how many bytes the real one has
_UNFRAGMENTED_TEXT = _FIN | 0x1
_MAX_CONTROL_PAYLOAD = 125
_MASKING_KEY_BYTES = 4


_KNOWN_OPCODES = frozenset(Opcode)


class ProtocolViolation(Exception):
    """The stream cannot be read on; ``code`` is what to hang up with."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.reason)
        self.code = code


class FrameDecoder:
    """Reads one client's stream; a message, in however many frames, has ``most`` bytes at most.

    After ``ProtocolViolation`` it is of no more use.
    """

    __slots__ = ("_buffer", "_fragment_opcode", "_fragments", "_max_message_bytes")

    def __init__(self, max_message_bytes: int) -> None:
        self._max_message_bytes = max_message_bytes
        self._buffer = b""
        self._fragment_opcode: int | None = None
        self._fragments = b""

    def feed(self, data: bytes) -> tuple[list[tuple[int, bytes]], CloseCode | None]:
        """Take what came; return what it completed, as opcodes and payloads, and what is broken.

        A message in several frames comes with the opcode of its first and all of its payload,
        where its last has come; each piece before is told as an empty continuation.  What
        completed before the break comes with the code to hang up with.
        """
        if self._buffer:
            data = self._buffer + data
        complete: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        try:
            while end - at >= 2:
                first, second = data[at], data[at + 1]
                if (
                    first != _UNFRAGMENTED_TEXT
                    or second < _MASK_BIT
                    or self._fragment_opcode is not None
                ):
                    self._check_header(first, second)
                size = second & _LENGTH_BITS
                start = at + 2 + _MASKING_KEY_BYTES
                if size >= _TWO_BYTES:
                    wide = 2 if size == _TWO_BYTES else 8
                    start += wide
                    if end - at < 2 + wide:
                        break
                    size = int.from_bytes(data[at + 2 : at + 2 + wide])
                if (
                    len(self._fragments) + size > self._max_message_bytes
                    and first & _OPCODE < Opcode.CLOSE
                ):
                    raise ProtocolViolation(CloseCode.MESSAGE_TOO_BIG)
                stop = start + size
                if stop > end:
                    break
                at = stop
                payload = _unmask(data[start:stop], data[start - _MASKING_KEY_BYTES : start])
                if first & _FIN and first & _OPCODE:
                    complete.append((first & _OPCODE, payload))
                else:
                    complete.append(self._add_fragment(first, payload))
        except ProtocolViolation as why:
            return complete, why.code
        self._buffer = data[at:]
        return complete, None

    def _check_header(self, first: int, second: int) -> None:
        """Judge a frame by the first two bytes of its header."""
        opcode = first & _OPCODE
        if first & _RESERVED or opcode not in _KNOWN_OPCODES or second < _MASK_BIT:
            raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)
        if opcode >= Opcode.CLOSE:
            if second & _LENGTH_BITS > _MAX_CONTROL_PAYLOAD or not first & _FIN:
                raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)
        elif (opcode == Opcode.CONTINUATION) is (self._fragment_opcode is None):
            raise ProtocolViolation(
                CloseCode.PROTOCOL_ERROR
            )  # a piece of nothing, or a second beginning

    def _add_fragment(self, first: int, payload: bytes) -> tuple[int, bytes]:
        """Keep a piece of a message; the last gives the whole."""
        if self._fragment_opcode is None:
            self._fragment_opcode = first & _OPCODE
        self._fragments += payload
        if not first & _FIN:
            return Opcode.CONTINUATION, b""
        whole = self._fragment_opcode, self._fragments
        self._fragment_opcode, self._fragments = None, b""
        return whole


def _unmask(payload: bytes, key: bytes) -> bytes:
    """Undo a client's masking (5.3), as one exclusive-or of two big numbers."""
    size = len(payload)
    keys = (key * (size // _MASKING_KEY_BYTES + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(keys)).to_bytes(size)
