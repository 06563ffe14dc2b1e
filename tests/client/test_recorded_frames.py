"""Frames of a conversation."""

import pytest

from client import recorded_frames
from client.frame_recorder import FrameRecorder
from client.recorded_frames import FrameMatch, Opcode
from dashboard.views.console import frame_text


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
    assert (answer.label, answer.tone) == ("HTTP 200", "ok")


@pytest.mark.parametrize("spaced", [b'{"token":"ey.J"}', b'{"token" : "e\\"y.J"}'])
def test_no_token_is_kept(conversation, spaced):
    frame = conversation.record.record_sent(b'{"type":"auth","payload":%b}' % spaced)

    assert "y.J" not in frame.text
    assert frame_text.one_line(frame) == "•••"
    assert frame.size > len(frame.text)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b'{"type":"subscribe","payload":{"channel":"order:ord_1"}}', "order:ord_1"),
        (
            b'{"type":"error","payload":{"code":"forbidden","message":"Cannot"}}',
            "forbidden \u00b7 Cannot",
        ),
        (
            b'{"type":"auth_success","payload":{"user_id":"user_1","role":"agent"}}',
            "user_1 \u00b7 agent",
        ),
        (
            b'{"type":"order_update","payload":{"order_id":"o","status":"paid",'
            b'"previous_status":"pending"}}',
            "o: pending \u2192 paid",
        ),
        (b'{"type":"chat_message","payload":{"message":{"id":"m","content":"Hi"}}}', "Hi"),
        (b'{"type":"pong"}', ""),
        (b"[1]", "[1]"),
        (b'{"type":"ping', '{"type":"ping'),
    ],
)
def test_are_said_in_a_line(conversation, message, told):
    assert frame_text.one_line(conversation.record.record_received(message)) == told


def test_publications_are_said_with_their_address(conversation):
    to_all = conversation.record.record_http_request(b'{"type":"notification","everyone":true}')

    assert frame_text.one_line(to_all) == "notification \u2192 *"


@pytest.mark.parametrize(
    ("record", "label", "tone"),
    [
        (lambda r: r.record_close(4003, "Disconnected"), "close 4003", "bad"),
        (lambda r: r.record_close(1000, "", by_client=True), "close 1000", "accent"),
        (lambda r: r.record_handshake_rejected(403), "HTTP 403", "bad"),
        (lambda r: r.record_sent(b"\x00\x01", Opcode.BINARY), "binary", "accent"),
        (lambda r: r.record_sent(b"not json"), "text", "accent"),
        (lambda r: r.record_received(b'{"type":"subscribed"}'), "subscribed", "ok"),
        (lambda r: r.record_received(b'{"type":"error","payload":{}}'), "error", "bad"),
        (lambda r: r.record_received(b'{"type":"new_order","payload":{}}'), "new_order", "tenant"),
    ],
)
def test_have_a_name_and_a_colour(conversation, record, label, tone):
    frame = record(conversation.record)

    assert (frame.label, frame.tone) == (label, tone)


def test_are_written_over_several_lines_where_they_are_json(conversation):
    assert (
        frame_text.pretty_json(conversation.record.record_sent(b'{"a":1.50}'))
        == '{\n  "a": 1.50\n}'
    )
    assert frame_text.pretty_json(conversation.record.record_sent(b"{oops")) == "{oops"


def test_are_forgotten_oldest_first_once_there_are_too_many_or_too_long():
    few, short = FrameRecorder(max_frames=2), FrameRecorder(max_characters=10)
    for _ in range(3):
        few.record_sent(b"{}")
        short.record_sent(b"123456")

    assert [frame.seq for frame in few.frames()] == [2, 3]
    assert [frame.seq for frame in short.frames()] == [3]
