"""What a frame means, in a sentence or two."""

import pytest

from client import recorded_frames
from dashboard.views.console.frame_text import explain


def told(conversation, frame):
    return explain(frame, recorded_frames.match_replies(conversation.frames).get(frame.seq))


def test_a_request_and_its_reply_name_each_other(conversation):
    ping = conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    assert told(conversation, ping) == "No reply yet."

    pong = conversation.after(0.02).record_received(b'{"type":"pong","id":"r1"}')

    assert told(conversation, ping) == f"Answered by frame {pong.seq} after 20 ms."
    assert told(conversation, pong) == f"Reply to frame {ping.seq}, sent 20 ms earlier."


def test_a_request_without_an_id_has_no_reply_to_be_told(conversation):
    assert "without an id" in told(
        conversation, conversation.record.record_sent(b'{"type":"ping"}')
    )


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (lambda r: r.record_connecting(has_token=True), "with the token in the URL"),
        (lambda r: r.record_connecting(has_token=False), "without a token"),
        (lambda r: r.record_open(), "is open"),
        (
            lambda r: r.record_close(4101, ""),
            "exceeding the rate limit after a warning. Clients reconnect",
        ),
        (lambda r: r.record_close(1000, "", by_client=True), "Closed by this client."),
        (lambda r: r.record_handshake_rejected(503), "at capacity or shutting down"),
        (
            lambda r: r.record_received(b'{"type":"auth_error","payload":{"error":"x"}}'),
            "stays open",
        ),
        (lambda r: r.record_received(b'{"type":"new_order","payload":{}}'), "An event"),
        (
            lambda r: r.record_received(
                b'{"type":"error","payload":{"code":"forbidden","message":""}}'
            ),
            "or it does not exist. An error does not close the connection",
        ),
        (
            lambda r: r.record_received(
                b'{"type":"error","payload":{"code":"of_tomorrow","message":""}}'
            ),
            "An error does not close the connection",
        ),
        (
            lambda r: r.record_http_response(r.record_http_request(b"{}"), 422, b"{}"),
            "not a valid publication",
        ),
        (
            lambda r: r.record_http_response(r.record_http_request(b"{}"), 0, b"{}"),
            "Server unreachable.",
        ),
    ],
)
def test_every_kind_of_frame_has_words(conversation, record, words):
    assert words in told(conversation, record(conversation.record))
