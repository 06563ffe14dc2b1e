"""Recorded frames: tokens, labels, and matching replies to requests."""

import pytest

from client import recorded_frames
from client.recorded_frames import FrameMatch


def test_a_reply_is_matched_to_its_request_by_id_with_the_time_it_took(conversation):
    ping = conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    event = conversation.after(0.001).record_received(b'{"type":"notification","payload":{}}')
    pong = conversation.after(0.002).record_received(b'{"type":"pong","id":"r1"}')

    found = recorded_frames.match_replies(conversation.frames)

    assert found.keys() == {ping.seq, pong.seq}
    assert found[pong.seq].other_seq == ping.seq
    assert found[ping.seq] == FrameMatch(pong.seq, found[pong.seq].seconds)
    assert found[pong.seq].seconds == pytest.approx(0.003, abs=1e-6)
    assert event.seq not in found


def test_replies_to_an_id_that_is_used_again_are_matched_in_the_order_of_the_requests(conversation):
    sent = [conversation.record.record_sent(b'{"type":"ping","id":"r1"}') for _ in range(2)]
    heard = [conversation.after(1).record_received(b'{"type":"pong","id":"r1"}') for _ in range(2)]

    found = recorded_frames.match_replies(conversation.frames)

    assert [found[frame.seq].other_seq for frame in heard] == [frame.seq for frame in sent]
    assert [round(found[frame.seq].seconds) for frame in heard] == [1, 2]


def test_a_reply_on_the_next_connection_answers_nothing_of_the_one_before(conversation):
    conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    conversation.record.record_close(1006, "")
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    stray = conversation.record.record_received(b'{"type":"pong","id":"r1"}')

    assert stray.seq not in recorded_frames.match_replies(conversation.frames)


def test_the_upgrade_and_the_sign_in_in_its_address_are_answered_without_an_id(conversation):
    connect = conversation.record.record_connecting(has_token=True)
    opened = conversation.after(0.5).record_open()
    taken = conversation.after(0.5).record_received(
        b'{"type":"auth_success","payload":{"user_id":"u"}}'
    )

    found = recorded_frames.match_replies(conversation.frames)

    assert found[opened.seq] == FrameMatch(connect.seq, 0.5)
    assert found[taken.seq] == FrameMatch(connect.seq, 1.0)


def test_without_a_token_a_late_auth_error_answers_nothing(conversation):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    told = conversation.record.record_received(
        b'{"type":"auth_error","payload":{"error":"expired"}}'
    )

    assert told.seq not in recorded_frames.match_replies(conversation.frames)


def test_a_publication_is_matched_to_its_answer(conversation):
    request = conversation.record.record_http_request(b'{"type":"notification","user":"u"}')
    answer = conversation.after(2).record_http_response(request, 200, b'{"accepted":1,"reached":0}')

    assert recorded_frames.match_replies(conversation.frames)[answer.seq] == FrameMatch(
        request.seq, 2.0
    )
    assert answer.label == "HTTP 200"


@pytest.mark.parametrize("spaced", [b'{"token":"ey.J"}', b'{"token" : "e\\"y.J"}'])
def test_no_token_is_kept(conversation, spaced):
    frame = conversation.record.record_sent(b'{"type":"auth","payload":%b}' % spaced)

    assert "y.J" not in frame.text
    assert frame.payload == {"token": "•••"}
    assert frame.size > len(frame.text)
