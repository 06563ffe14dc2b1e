"""WebSocket frames as a server writes them (RFC 6455, 5.2): one piece, unmasked, uncompressed.

The bytes are the same for every client, so a frame is made once however many it is for.
"""

from __future__ import annotations

import struct

from protocol.errors import CloseCode

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
