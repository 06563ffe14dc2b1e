"""Frames, read back by another implementation."""

import pytest
from websocket import ABNF
from websocket._abnf import frame_buffer

from protocol.errors import CloseCode
from server.websocket import frame_codec__merge_frames


def read(raw):
    """Parse one frame with websocket-client; returns it and what was left over."""
    at = 0

    def receive(size):
        nonlocal at
        at += size
        return raw[at - size : at]

    return frame_buffer(receive, skip_utf8_validation=False).recv_frame(), raw[at:]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_text_of_any_length_is_one_final_unmasked_frame(size):
    frame, rest = read(frame_codec__merge_frames.encode_text(b"x" * size))

    assert (frame.opcode, frame.fin, frame.mask_value) == (ABNF.OPCODE_TEXT, 1, 0)
    assert frame.data == b"x" * size
    assert rest == b""


@pytest.mark.parametrize("code", CloseCode)
def test_a_goodbye_says_its_code_and_why(code):
    frame, rest = read(frame_codec__merge_frames.encode_close(code))

    assert (frame.opcode, rest) == (ABNF.OPCODE_CLOSE, b"")
    assert int.from_bytes(frame.data[:2], "big") == code
    assert frame.data[2:].decode() == code.reason


def test_pings_and_pongs_are_what_they_are():
    assert read(frame_codec__merge_frames.PING_FRAME)[0].opcode == ABNF.OPCODE_PING
    assert read(frame_codec__merge_frames.encode_pong(b"abc"))[0].data == b"abc"
