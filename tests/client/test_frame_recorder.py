"""What passed over a socket, as the pages read it."""

import pytest

from client.frame_recorder__merge_transcript import REDACTED, FrameRecorder
from client.sans_io.connection_events import Direction


@pytest.fixture
def transcript(clock):
    return FrameRecorder(clock, limit=3)


def test_keeps_frames_both_ways_with_their_times(transcript, clock):
    transcript.record(Direction.SENT, b'{"type":"ping","id":"1"}')
    clock.now += 0.25
    transcript.record(Direction.RECEIVED, b'{"type":"pong","id":"1","payload":{"a":1}}')

    ping, pong = transcript.frames()
    assert (ping.seq, ping.way, ping.type, ping.payload) == (1, Direction.SENT, "ping", {})
    assert (pong.seq, pong.way, pong.type, pong.payload) == (
        2,
        Direction.RECEIVED,
        "pong",
        {"a": 1},
    )
    assert pong.at - ping.at == 0.25


def test_hands_out_what_came_after_a_frame(transcript):
    for n in range(3):
        transcript.record(Direction.RECEIVED, b'{"type":"pong","id":"%d"}' % n)

    assert [frame.seq for frame in transcript.frames(after=1)] == [2, 3]


def test_forgets_the_oldest(transcript):
    for _ in range(5):
        transcript.record(Direction.RECEIVED, b"{}")

    assert [frame.seq for frame in transcript.frames()] == [3, 4, 5]


def test_keeps_no_token(transcript):
    transcript.record(Direction.SENT, b'{"type":"auth","payload":{"token":"secret"}}')

    (frame,) = transcript.frames()
    assert frame.payload == {"token": REDACTED}


@pytest.mark.parametrize("text", [b"{", b"[1]", b"\xff", b"[" * 10_000, b'{"type":1}'])
def test_takes_what_is_no_message(transcript, text):
    transcript.record(Direction.RECEIVED, text)

    (frame,) = transcript.frames()
    assert (frame.type, frame.payload, frame.size) == ("", {}, len(text))
