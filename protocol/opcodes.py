"""Opcodes of WebSocket frames (RFC 6455, 5.2)."""

from __future__ import annotations

from enum import IntEnum


class Opcode(IntEnum):
    """What a frame carries."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA
