"""WebSocket frames: what is sent is encoded right, what arrives is decoded or refused."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websocket import ABNF
from websocket._abnf import frame_buffer

from protocol.errors import CloseCode
from protocol.opcodes import Opcode
from server.websocket import frame_codec
from server.websocket.frame_codec import FrameDecoder


def parse(raw):
    """Parse one frame with websocket-client; returns it and what was left over."""
    at = 0

    def receive(size):
        nonlocal at
        at += size
        return raw[at - size : at]

    return frame_buffer(receive, skip_utf8_validation=False).recv_frame(), raw[at:]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_text_of_any_length_is_one_final_unmasked_frame(size):
    frame, rest = parse(frame_codec.encode_text(b"x" * size))

    assert (frame.opcode, frame.fin, frame.mask_value) == (ABNF.OPCODE_TEXT, 1, 0)
    assert frame.data == b"x" * size
    assert rest == b""


@pytest.mark.parametrize("code", CloseCode)
def test_a_close_frame_has_its_code_and_reason(code):
    frame, rest = parse(frame_codec.encode_close(code))

    assert (frame.opcode, rest) == (ABNF.OPCODE_CLOSE, b"")
    assert int.from_bytes(frame.data[:2], "big") == code
    assert frame.data[2:].decode() == code.reason


def test_pings_and_pongs_are_control_frames():
    assert parse(frame_codec.PING_FRAME)[0].opcode == ABNF.OPCODE_PING
    assert parse(frame_codec.encode_pong(b"abc"))[0].data == b"abc"


MOST = 300
TEXT, BINARY, CONTINUATION = ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY, ABNF.OPCODE_CONT


def frame(payload, opcode=TEXT, *, is_last=1):
    """Write a frame as the client library does, masked with a key of its own."""
    return ABNF(is_last, 0, 0, 0, opcode, 1, payload).format()


def read(stream, cuts=()):
    """Feed a stream in pieces; returns what was read and what it broke with, if it did."""
    reader, found = FrameDecoder(MOST), []
    edges = [0, *sorted(cuts), len(stream)]
    for start, stop in itertools.pairwise(edges):
        complete, broken = reader.feed(stream[start:stop])
        found += complete
        if broken is not None:
            return found, broken
    return found, None


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from([TEXT, BINARY, Opcode.PING, Opcode.PONG, Opcode.CLOSE]),
        st.binary(max_size=MOST),
    ).map(lambda each: each if each[0] in (TEXT, BINARY) else (each[0], each[1][:125])),
    max_size=8,
)


@given(MESSAGES, st.data())
def test_messages_are_decoded_however_the_stream_is_split(messages, data):
    stream = b"".join(frame(payload, opcode) for opcode, payload in messages)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))

    assert read(stream, cuts) == (messages, None)


@given(st.lists(st.binary(max_size=60), min_size=2, max_size=5), st.data())
def test_a_fragmented_message_is_returned_whole_with_its_last_frame(pieces, data):
    opcodes = [TEXT, *[CONTINUATION] * (len(pieces) - 1)]
    stream = b"".join(
        frame(piece, opcode, is_last=int(number == len(pieces)))
        for number, (piece, opcode) in enumerate(zip(pieces, opcodes, strict=True), 1)
    )
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))

    found, broken = read(stream, cuts)

    unfinished = [(Opcode.CONTINUATION, b"")] * (len(pieces) - 1)
    assert (found, broken) == ([*unfinished, (TEXT, b"".join(pieces))], None)


def test_a_ping_between_fragments_is_decoded():
    stream = frame(b"a", is_last=0) + frame(b"!", Opcode.PING) + frame(b"b", CONTINUATION)

    found, _ = read(stream)

    assert found[1:] == [(Opcode.PING, b"!"), (TEXT, b"ab")]


@pytest.mark.parametrize("pieces", [[MOST + 1], [MOST, 1], [MOST - 1, 2]])
def test_a_message_over_the_limit_is_rejected_by_its_header(pieces):
    start = frame(b"x" * pieces[0], is_last=0) if len(pieces) > 1 else b""
    header = frame(b"x" * pieces[-1], CONTINUATION if start else TEXT)[:4]

    assert read(start + header)[1] is CloseCode.MESSAGE_TOO_BIG


def test_a_message_of_exactly_the_limit_is_accepted():
    assert read(frame(b"x" * MOST)) == ([(TEXT, b"x" * MOST)], None)


@pytest.mark.parametrize(
    "start",
    [
        b"\x81\x01",  # unmasked
        b"\xc1\x81",  # compressed, which was not agreed on
        b"\x91\x81",
        b"\x83\x80",  # opcodes that nobody has given a meaning
        b"\x8f\x80",
        b"\x09\x80",  # a ping in pieces
        b"\x89\xfe",  # a ping of 126 bytes or more
        b"\x80\x80",  # a piece of nothing
        b"\xff\xff",
    ],
)
def test_an_invalid_frame_is_rejected_by_its_first_two_bytes(start):
    before = frame(b"fine")

    assert read(before + start) == ([(TEXT, b"fine")], CloseCode.PROTOCOL_ERROR)


def test_a_message_may_not_start_within_a_fragmented_one():
    stream = frame(b"a", is_last=0) + frame(b"b")

    assert read(stream)[1] is CloseCode.PROTOCOL_ERROR


@given(st.binary(max_size=200))
def test_no_bytes_raise_an_unexpected_error(stream):
    found, _ = read(stream)

    assert all(opcode in set(Opcode) for opcode, _ in found)
