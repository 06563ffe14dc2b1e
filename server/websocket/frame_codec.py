"""WebSocket frames (RFC 6455): encoding what the server sends, decoding what clients send."""

from __future__ import annotations

import struct

from protocol.close_codes import CloseCode
from protocol.opcodes import Opcode

_FIN, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASK_BIT, _LENGTH_BITS = 0x80, 0x7F
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # lengths that stand for a longer length field
_MASKING_KEY_BYTES = 4
_MAX_CONTROL_PAYLOAD = 125  # bytes
_TEXT, _CLOSE, _PING, _PONG = _FIN | 0x1, _FIN | 0x8, _FIN | 0x9, _FIN | 0xA  # unfragmented
PING_FRAME = bytes((_PING, 0))
_REGISTERED_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))  # that may be sent
_PRIVATE_CODES = range(3000, 5000)
_KNOWN_OPCODES = frozenset(Opcode)


def encode_text(message: bytes) -> bytes:
    """Encode a message as a text frame."""
    size = len(message)
    if size < _TWO_BYTES:
        return bytes((_TEXT, size)) + message
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT, _TWO_BYTES, size) + message
    return struct.pack("!BBQ", _TEXT, _EIGHT_BYTES, size) + message


def encode_close(code: CloseCode) -> bytes:
    """Encode a close frame with a code and its reason."""
    payload = struct.pack("!H", code) + code.reason.encode()[: _MAX_CONTROL_PAYLOAD - 2]
    return bytes((_CLOSE, len(payload))) + payload


def encode_close_reply(payload: bytes) -> bytes:
    """Encode the answer to a client's valid close frame: its own code, if it had one."""
    code = payload[:2]
    return bytes((_CLOSE, len(code))) + code


def check_close(payload: bytes) -> CloseCode | None:
    """Check a client's close frame (RFC 6455, 7.4); returns the violation, if it is one."""
    if not payload:
        return None
    code = int.from_bytes(payload[:2])
    if len(payload) < 2 or not (code in _REGISTERED_CODES or code in _PRIVATE_CODES):
        return CloseCode.PROTOCOL_ERROR
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return CloseCode.INVALID_TEXT
    return None


def encode_pong(payload: bytes) -> bytes:
    """Encode the answer to a ping with its own payload, of at most 125 bytes."""
    return bytes((_PONG, len(payload))) + payload


class ProtocolViolation(Exception):
    """The stream is invalid; ``code`` is the close code to fail the connection with."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.reason)
        self.code = code


class FrameDecoder:
    """Decodes one client's stream; ``max_message_bytes`` limits a whole, reassembled message.

    It must not be used after a violation.
    """

    __slots__ = ("_buffer", "_fragment_opcode", "_fragments", "_max_message_bytes")

    def __init__(self, max_message_bytes: int) -> None:
        self._max_message_bytes = max_message_bytes
        self._buffer = b""
        self._fragment_opcode: int | None = None
        self._fragments = b""

    def feed(self, data: bytes) -> tuple[list[tuple[int, bytes]], CloseCode | None]:
        """Decode data; return the complete frames as opcodes and payloads, and any violation.

        A fragmented message is returned with its last frame: the opcode of its first and the
        whole payload.  Each fragment before is returned as an empty continuation.  Frames
        before a violation are returned with its close code.
        """
        if self._buffer:
            data = self._buffer + data
        complete: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        try:
            while end - at >= 2:
                first, second = data[at], data[at + 1]
                if first != _TEXT or second < _MASK_BIT or self._fragment_opcode is not None:
                    self._check_header(first, second)
                size = second & _LENGTH_BITS
                start = at + 2 + _MASKING_KEY_BYTES
                if size >= _TWO_BYTES:
                    wide = 2 if size == _TWO_BYTES else 8
                    start += wide
                    if end - at < 2 + wide:
                        break
                    size = int.from_bytes(data[at + 2 : at + 2 + wide])
                    if size < (_TWO_BYTES if wide == 2 else 1 << 16):  # a shorter field would do
                        raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)
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
        """Check the first two bytes of a frame's header."""
        opcode = first & _OPCODE
        if first & _RESERVED or opcode not in _KNOWN_OPCODES or second < _MASK_BIT:
            raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)
        if opcode >= Opcode.CLOSE:
            if second & _LENGTH_BITS > _MAX_CONTROL_PAYLOAD or not first & _FIN:
                raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)
        elif (opcode == Opcode.CONTINUATION) is (self._fragment_opcode is None):
            # A continuation of nothing, or a new message within a fragmented one.
            raise ProtocolViolation(CloseCode.PROTOCOL_ERROR)

    def _add_fragment(self, first: int, payload: bytes) -> tuple[int, bytes]:
        """Keep a fragment; the last one returns the whole message."""
        if self._fragment_opcode is None:
            self._fragment_opcode = first & _OPCODE
        self._fragments += payload
        if not first & _FIN:
            return Opcode.CONTINUATION, b""
        whole = self._fragment_opcode, self._fragments
        self._fragment_opcode, self._fragments = None, b""
        return whole


def _unmask(payload: bytes, key: bytes) -> bytes:
    """Unmask a payload (RFC 6455, 5.3), with one exclusive or of two big integers."""
    size = len(payload)
    keys = (key * (size // _MASKING_KEY_BYTES + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(keys)).to_bytes(size)
