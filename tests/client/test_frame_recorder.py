"""The recorder of a connection's frames."""

import pytest

from client.frame_recorder import FrameRecorder
from client.recorded_frames import REDACTED
from client.sans_io.connection_events import Direction


@pytest.fixture
def recorder(clock):
    return FrameRecorder(clock, max_frames=3)


def test_keeps_frames_of_both_directions_with_their_times(recorder, clock):
    recorder.record(Direction.SENT, b'{"type":"ping","id":"1"}')
    clock.now += 0.25
    recorder.record(Direction.RECEIVED, b'{"type":"pong","id":"1","payload":{"a":1}}')

    ping, pong = recorder.frames()
    assert (ping.seq, ping.direction, ping.type, ping.payload) == (1, Direction.SENT, "ping", {})
    assert (pong.seq, pong.direction, pong.type, pong.payload) == (
        2,
        Direction.RECEIVED,
        "pong",
        {"a": 1},
    )
    assert pong.at - ping.at == 0.25


def test_drops_the_oldest_frames_over_its_limit_of_frames(recorder):
    for _ in range(5):
        recorder.record(Direction.RECEIVED, b"{}")

    assert [frame.seq for frame in recorder.frames()] == [3, 4, 5]


def test_drops_the_oldest_frames_over_its_limit_of_characters():
    recorder = FrameRecorder(max_characters=10)
    for _ in range(3):
        recorder.record_sent(b"123456")

    assert [frame.seq for frame in recorder.frames()] == [3]


def test_keeps_the_newest_frame_when_cleared_and_counts_on(recorder):
    for _ in range(2):
        recorder.record(Direction.RECEIVED, b"{}")
    recorder.clear()
    recorder.record(Direction.RECEIVED, b"{}")

    assert [frame.seq for frame in recorder.frames()] == [2, 3]


def test_keeps_a_long_message_whole(recorder):
    frame = recorder.record(Direction.RECEIVED, b'{"type":"%s"}' % (b"x" * 100_000))

    assert len(frame.type) == 100_000


def test_keeps_no_token(recorder):
    recorder.record(Direction.SENT, b'{"type":"auth","payload":{"token":"secret"}}')

    (frame,) = recorder.frames()
    assert frame.payload == {"token": REDACTED}
    assert "secret" not in frame.text


@pytest.mark.parametrize("text", [b"{", b"[1]", b"\xff", b"[" * 10_000, b'{"type":1}'])
def test_takes_data_that_is_no_message(recorder, text):
    recorder.record(Direction.RECEIVED, text)

    (frame,) = recorder.frames()
    assert (frame.type, frame.payload, frame.size) == ("", {}, len(text))


def test_a_text_that_is_not_utf_8_is_no_message(recorder):
    frame = recorder.record(Direction.RECEIVED, b'{"type":"\xff"}')

    assert (frame.message, frame.text) == (None, '{"type":"\ufffd"}')


def test_waiting_ends_when_waiters_are_released(recorder):
    recorder.release_waiters()

    assert recorder.wait_for(lambda frame: True, 60) is None
