"""Frames: counted whole, and never half."""

import pytest

from bench.load import frame_codec
from protocol.opcodes import Opcode
from server.websocket.frame_codec import PING_FRAME, encode_text


@pytest.mark.parametrize("size", [0, 125, 126, 295, 65_536])
def test_a_server_s_frame_is_read_whatever_its_size(size):
    data = encode_text(b"x" * size)

    assert list(frame_codec.decode_frames(data)) == [(Opcode.TEXT, b"x" * size, len(data))]


def test_every_frame_says_where_the_next_one_begins():
    first, ping = (
        encode_text(b"hello"),
        PING_FRAME,
    )

    read = list(frame_codec.decode_frames(first + ping + first))

    assert [end for _, _, end in read] == [len(first), len(first + ping), len(first + ping + first)]
    assert [opcode for opcode, _, _ in read] == [
        Opcode.TEXT,
        Opcode.PING,
        Opcode.TEXT,
    ]


def test_the_beginning_of_a_frame_is_left_for_later():
    data = encode_text(b"x" * 295)

    assert [list(frame_codec.decode_frames(data[:size])) for size in range(len(data))] == [
        []
    ] * len(data)


@pytest.mark.parametrize("size", [15, 300])
def test_a_client_s_frame_is_masked_with_nothing(size):
    data = frame_codec.encode_frame(Opcode.TEXT, b"x" * size, masked=True)

    assert data[1] & frame_codec.MASK_BIT
    assert data.endswith(frame_codec.ZERO_MASK + b"x" * size)
