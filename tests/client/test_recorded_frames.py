"""Recorded frames: tokens, labels, and matching replies to requests."""

import pytest

from client import recorded_frames
from client.recorded_frames import FrameMatch


def test_a_reply_is_matched_to_its_request_by_id_with_the_round_trip(conversation):
    ping = conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    event = conversation.after(0.001).record_received(b'{"type":"notification","payload":{}}')
    pong = conversation.after(0.002).record_received(b'{"type":"pong","id":"r1"}')

    matches = recorded_frames.match_replies(conversation.frames)

    assert matches.keys() == {ping.seq, pong.seq}
    assert matches[pong.seq].other_seq == ping.seq
    assert matches[ping.seq] == FrameMatch(pong.seq, matches[pong.seq].seconds)
    assert matches[pong.seq].seconds == pytest.approx(0.003, abs=1e-6)
    assert event.seq not in matches


def test_replies_to_a_reused_id_are_matched_in_the_order_of_the_requests(conversation):
    sent = [conversation.record.record_sent(b'{"type":"ping","id":"r1"}') for _ in range(2)]
    replies = [
        conversation.after(1).record_received(b'{"type":"pong","id":"r1"}') for _ in range(2)
    ]

    matches = recorded_frames.match_replies(conversation.frames)

    assert [matches[frame.seq].other_seq for frame in replies] == [frame.seq for frame in sent]
    assert [round(matches[frame.seq].seconds) for frame in replies] == [1, 2]


def test_a_reply_never_matches_a_request_of_an_earlier_connection(conversation):
    conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    conversation.record.record_close(1006, "")
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    stray = conversation.record.record_received(b'{"type":"pong","id":"r1"}')

    assert stray.seq not in recorded_frames.match_replies(conversation.frames)


def test_the_upgrade_and_the_sign_in_in_its_url_are_matched_without_an_id(conversation):
    connect = conversation.record.record_connecting(has_token=True)
    opened = conversation.after(0.5).record_open()
    taken = conversation.after(0.5).record_received(
        b'{"type":"auth_success","payload":{"user_id":"u"}}'
    )

    matches = recorded_frames.match_replies(conversation.frames)

    assert matches[opened.seq] == FrameMatch(connect.seq, 0.5)
    assert matches[taken.seq] == FrameMatch(connect.seq, 1.0)


def test_without_a_token_an_auth_error_matches_nothing(conversation):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    error = conversation.record.record_received(
        b'{"type":"auth_error","payload":{"error":"expired"}}'
    )

    assert error.seq not in recorded_frames.match_replies(conversation.frames)


def test_a_publish_request_is_matched_to_its_response(conversation):
    request = conversation.record.record_http_request(b'{"type":"notification","user":"u"}')
    answer = conversation.after(2).record_http_response(request, 200, b'{"accepted":1,"reached":0}')

    assert recorded_frames.match_replies(conversation.frames)[answer.seq] == FrameMatch(
        request.seq, 2.0
    )
    assert answer.label == "HTTP 200"


@pytest.mark.parametrize("spaced", [b'{"token":"ey.J"}', b'{"token" : "e\\"y.J"}'])
def test_tokens_are_redacted(conversation, spaced):
    frame = conversation.record.record_sent(b'{"type":"auth","payload":%b}' % spaced)

    assert "y.J" not in frame.text
    assert frame.payload == {"token": "•••"}
    assert frame.size > len(frame.text)
