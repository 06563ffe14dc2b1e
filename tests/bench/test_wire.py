"""Frames: counted whole, and never half."""

import pytest

from bench import wire
from server import frames


@pytest.mark.parametrize("size", [0, 125, 126, 295, 65_536])
def test_a_server_s_frame_is_read_whatever_its_size(size):
    data = frames.encode_text(b"x" * size)

    assert list(wire.decode_frames(data)) == [(wire.TEXT, b"x" * size, len(data))]


def test_every_frame_says_where_the_next_one_begins():
    first, ping = frames.encode_text(b"hello"), frames.PING_FRAME

    read = list(wire.decode_frames(first + ping + first))

    assert [end for _, _, end in read] == [len(first), len(first + ping), len(first + ping + first)]
    assert [opcode for opcode, _, _ in read] == [wire.TEXT, wire.PING, wire.TEXT]


def test_the_beginning_of_a_frame_is_left_for_later():
    data = frames.encode_text(b"x" * 295)

    assert [list(wire.decode_frames(data[:size])) for size in range(len(data))] == [[]] * len(data)


@pytest.mark.parametrize("size", [15, 300])
def test_a_client_s_frame_is_masked_with_nothing(size):
    data = wire.encode_frame(wire.TEXT, b"x" * size, masked=True)

    assert data[1] & wire.MASK_BIT
    assert data.endswith(wire.ZERO_MASK + b"x" * size)
