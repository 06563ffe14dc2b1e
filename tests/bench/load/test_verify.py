"""Order and completeness: every byte of every subscriber is held against what was published."""

import json

import pytest

from bench.load.payloads import WIRE_BYTES, publication
from bench.load.verify import ExpectedStream, PongCounter, VerificationFailed
from server.websocket import frame_codec


def message(number, sent_ns=0):
    published = json.loads(publication(number, sent_ns))
    published["timestamp"] = published.pop("channel") and "2024-01-15T10:30:00.000Z"
    return frame_codec.encode_text(json.dumps(published, separators=(",", ":")).encode())


def test_a_notification_is_as_long_on_the_wire_as_it_is_said_to_be():
    assert len(message(7)) == WIRE_BYTES


def test_knows_its_size_once_somebody_has_received_all_of_it():
    sequence = ExpectedStream(2)

    first = sequence.verify(0, message(0))
    assert sequence.size is None
    assert sequence.verify(first, message(1)) == sequence.size == 2 * WIRE_BYTES


def test_says_when_each_message_was_sent():
    sequence = ExpectedStream(2)

    sequence.verify(0, message(0, sent_ns=5) + message(1, sent_ns=8))

    assert sequence.sent_ns == [5, 8]
    assert sequence.message_ends == [WIRE_BYTES, 2 * WIRE_BYTES]


@pytest.mark.parametrize("cut", [1, 100, WIRE_BYTES, WIRE_BYTES + 1])
def test_takes_messages_in_whatever_pieces_they_come(cut):
    sequence, data = ExpectedStream(2), message(0) + message(1)

    for _subscriber in range(2):
        assert sequence.verify(sequence.verify(0, data[:cut]), data[cut:]) == len(data)

    assert sequence.size == len(data)


def test_goes_on_with_whoever_is_ahead():
    sequence, data = ExpectedStream(2), message(0) + message(1)

    behind = sequence.verify(0, data[:10])
    ahead = sequence.verify(0, data[:400])
    sequence.verify(behind, data[10:])

    assert sequence.verify(ahead, data[400:]) == sequence.size


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
def test_refuses_what_was_not_published(received):
    with pytest.raises(VerificationFailed):
        ExpectedStream(2).verify(0, received)


def test_refuses_a_subscriber_that_differs_from_the_others():
    sequence = ExpectedStream(2)
    sequence.verify(0, message(0) + message(1))

    with pytest.raises(VerificationFailed, match="differ"):
        sequence.verify(0, message(1))


def pong(stamp):
    return frame_codec.encode_text(
        b'{"type":"pong","timestamp":"2024-01-15T10:30:00.%03dZ"}' % stamp
    )


def test_pongs_are_counted_by_their_size_and_the_rest_is_kept():
    pongs = PongCounter(pong(0))
    data = pong(1) + pong(2) + pong(3)

    assert pongs.count(data[:-5]) == (2, pong(3)[:-5])
    assert pongs.count(data) == (3, b"")


def test_what_is_no_pong_is_not_counted_as_one():
    with pytest.raises(VerificationFailed):
        PongCounter(pong(0)).count(pong(1) + b"x" * len(pong(1)))
