"""Verification of order and completeness, byte for byte."""

import json

import pytest

from bench.load.payloads import WIRE_BYTES, publication
from bench.load.verify import ExpectedStream, PongCounter, VerificationFailed
from server.websocket import frame_codec


def message(number, sent_ns=0):
    published = json.loads(publication(number, sent_ns))
    published["timestamp"] = published.pop("channel") and "2024-01-15T10:30:00.000Z"
    return frame_codec.encode_text(json.dumps(published, separators=(",", ":")).encode())


def test_a_notification_has_the_documented_size():
    assert len(message(7)) == WIRE_BYTES


def test_the_size_is_known_once_a_subscriber_has_received_everything():
    stream = ExpectedStream(2)

    first = stream.verify(0, message(0))
    assert stream.size is None
    assert stream.verify(first, message(1)) == stream.size == 2 * WIRE_BYTES


def test_has_the_time_when_each_message_was_sent():
    stream = ExpectedStream(2)

    stream.verify(0, message(0, sent_ns=5) + message(1, sent_ns=8))

    assert stream.sent_ns == [5, 8]
    assert stream.message_ends == [WIRE_BYTES, 2 * WIRE_BYTES]


@pytest.mark.parametrize("cut", [1, 100, WIRE_BYTES, WIRE_BYTES + 1])
def test_accepts_messages_in_any_pieces(cut):
    stream, data = ExpectedStream(2), message(0) + message(1)

    for _subscriber in range(2):
        assert stream.verify(stream.verify(0, data[:cut]), data[cut:]) == len(data)

    assert stream.size == len(data)


def test_continues_with_the_subscriber_that_is_ahead():
    stream, data = ExpectedStream(2), message(0) + message(1)

    behind = stream.verify(0, data[:10])
    ahead = stream.verify(0, data[:400])
    stream.verify(behind, data[10:])

    assert stream.verify(ahead, data[400:]) == stream.size


@pytest.mark.parametrize(
    "received",
    [
        message(1) + message(0),
        message(0) + message(0),
        message(0) + message(1) + message(2),
        message(0).replace(b"Bench", b"Bunch"),
        message(0) + frame_codec.PING_FRAME,
        frame_codec.encode_text(b"not JSON"),
        frame_codec.encode_text(b"[]"),
    ],
    ids=["swapped", "twice", "too many", "changed", "control frame", "garbage", "no message"],
)
def test_rejects_data_that_was_not_published(received):
    with pytest.raises(VerificationFailed):
        ExpectedStream(2).verify(0, received)


def test_rejects_a_subscriber_that_differs_from_the_others():
    stream = ExpectedStream(2)
    stream.verify(0, message(0) + message(1))

    with pytest.raises(VerificationFailed, match="differ"):
        stream.verify(0, message(1))


def pong(stamp):
    return frame_codec.encode_text(
        b'{"type":"pong","timestamp":"2024-01-15T10:30:00.%03dZ"}' % stamp
    )


def test_pongs_are_counted_by_their_size_and_the_rest_is_returned():
    pongs = PongCounter(pong(0))
    data = pong(1) + pong(2) + pong(3)

    assert pongs.count(data[:-5]) == (2, pong(3)[:-5])
    assert pongs.count(data) == (3, b"")


def test_other_data_is_not_counted_as_a_pong():
    with pytest.raises(VerificationFailed):
        PongCounter(pong(0)).count(pong(1) + b"x" * len(pong(1)))
