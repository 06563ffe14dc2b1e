"""The frame codec of the load generator."""

import pytest

from bench.load import frame_codec
from protocol.opcodes import Opcode
from server.websocket.frame_codec import PING_FRAME, encode_text


@pytest.mark.parametrize("size", [0, 125, 126, 295, 65_536])
def test_a_server_s_frame_of_any_size_is_decoded(size):
    data = encode_text(b"x" * size)

    assert list(frame_codec.decode_frames(data)) == [(Opcode.TEXT, b"x" * size, len(data))]


def test_every_frame_has_the_start_of_the_next():
    first, ping = encode_text(b"hello"), PING_FRAME

    decoded = list(frame_codec.decode_frames(first + ping + first))

    assert [end for _, _, end in decoded] == [
        len(first),
        len(first + ping),
        len(first + ping + first),
    ]
    assert [opcode for opcode, _, _ in decoded] == [
        Opcode.TEXT,
        Opcode.PING,
        Opcode.TEXT,
    ]


def test_an_incomplete_frame_is_not_decoded():
    data = encode_text(b"x" * 295)

    assert [list(frame_codec.decode_frames(data[:size])) for size in range(len(data))] == [
        []
    ] * len(data)


@pytest.mark.parametrize("size", [15, 300])
def test_a_client_s_frame_is_masked_with_zeros(size):
    data = frame_codec.encode_frame(Opcode.TEXT, b"x" * size, masked=True)

    assert data[1] & frame_codec.MASK_BIT
    assert data.endswith(frame_codec.ZERO_MASK + b"x" * size)
