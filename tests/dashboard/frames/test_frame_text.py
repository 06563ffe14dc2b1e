"""Frames as text: one line, formatted JSON, colours and explanations."""

import pytest

from dashboard.frames import frame_text
from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.frames.event_origins import Basis, EventOrigin, ReplayReason
from dashboard.frames.frame_text import explain, frame_tone
from dashboard.ui.formatting import format_round_trip
from protocol.opcodes import Opcode


def explanation(conversation, frame):
    tracker = ConnectionTracker.of(conversation.frames)
    return explain(
        frame,
        tracker.notes(frame.seq),
        format_round_trip,
        origin_of=lambda seq: tracker.notes(seq).origin,
    )


def test_a_request_and_its_reply_name_each_other(conversation):
    ping = conversation.record.record_sent(b'{"type":"ping","id":"r1"}')
    assert explanation(conversation, ping) == "No reply yet."

    pong = conversation.after(0.02).record_received(b'{"type":"pong","id":"r1"}')

    assert explanation(conversation, ping) == f"Answered by frame {pong.seq} after 20 ms."
    assert explanation(conversation, pong).endswith(
        f"Reply to frame {ping.seq}, sent 20 ms earlier."
    )


def test_the_reply_to_a_request_without_an_id_cannot_be_matched(conversation):
    assert "without an id" in explanation(
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
            "close 4001 follows",
        ),
        (lambda r: r.record_received(b'{"type":"new_order","payload":{}}'), "An event"),
        (
            lambda r: r.record_received(
                b'{"type":"error","payload":{"code":"forbidden","message":""}}'
            ),
            "the answer stays the same. An error does not close the connection",
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
def test_every_kind_of_frame_is_explained(conversation, record, words):
    assert words in explanation(conversation, record(conversation.record))


SIGNED_IN = b'{"type":"auth_success","payload":{"user_id":"user_1","role":"customer"}}'
PAID = b'{"type":"order_update","payload":{"order_id":"ord_1"}}'


def test_an_event_that_comes_twice_is_explained_with_both_subscriptions(conversation):
    conversation.record.record_connecting(has_token=True)
    joined_by = conversation.record.record_received(SIGNED_IN)
    request = conversation.record.record_sent(
        b'{"type":"subscribe","id":"r1","payload":{"channel":"order:ord_1"}}'
    )
    conversation.record.record_received(
        b'{"type":"subscribed","id":"r1","payload":{"channel":"order:ord_1"}}'
    )
    first, second = (conversation.record.record_received(PAID) for _ in range(2))

    assert explanation(conversation, first).startswith(
        f"An event. It came on `order:ord_1`, joined in frame {request.seq}. "
        f"Frame {second.seq} is the same event on `user:user_1`"
    )
    assert explanation(conversation, second).startswith(
        f"An event. It came on `user:user_1`, which signing in joins (frame {joined_by.seq}). "
        f"Frame {first.seq} is the same event on `order:ord_1`"
    )


def test_an_expired_token_is_explained_with_what_to_send_and_until_when(conversation):
    conversation.record.record_connecting(has_token=True)
    conversation.record.record_received(SIGNED_IN)
    expired = conversation.record.record_received(b'{"type":"auth_error","payload":{"error":""}}')

    words = explanation(conversation, expired)
    assert "Send `auth` with `$FRESH_TOKEN`: 25 s after the expiry, close 4103 follows." in words
    assert "60-second token" in words


def test_the_rejection_of_another_token_leaves_the_sign_in_as_it_is(conversation):
    conversation.record.record_connecting(has_token=True)
    conversation.record.record_received(SIGNED_IN)
    rejected = conversation.record.record_received(
        b'{"type":"auth_error","id":"r1","payload":{"error":""}}'
    )

    assert "remains until that one expires" in explanation(conversation, rejected)


def test_a_close_names_the_subscriptions_that_it_ended(conversation):
    conversation.record.record_connecting(has_token=True)
    conversation.record.record_received(SIGNED_IN)
    closed = conversation.record.record_close(1000, "", by_client=True)

    assert "Subscriptions end with the connection: `user:user_1`." in explanation(
        conversation, closed
    )


@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        (None, ""),
        (EventOrigin(Basis.NAMED, replay=ReplayReason.SINCE), "↻"),
        (EventOrigin(Basis.DEDUCED, copies=(6,)), "same as 6"),
        (EventOrigin(Basis.DEDUCED, copies=(8,)), ""),
        (EventOrigin(Basis.NAMED, replay=ReplayReason.SINCE, first=4, copies=(9,)), "↻ same as 4"),
    ],
)
def test_replays_and_later_copies_are_marked(origin, shown):
    assert frame_text.marks(7, origin) == shown


@pytest.mark.parametrize(
    ("message", "explanation"),
    [
        (b'{"type":"subscribe","payload":{"channel":"order:ord_1"}}', "order:ord_1"),
        (b'{"type":"subscribe","payload":{"channel":""}}', '""'),
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
        (b'{"type":"pong","id":"hello-1","timestamp":"2026-11-26T14:44:51Z"}', 'id "hello-1"'),
        (b'{"type":"ping","id":"7"}', 'id "7"'),
        (b'{"type":"ping","id":7}', "id 7"),
        (b"[1]", "[1]"),
        (b'{"type":"ping', '{"type":"ping'),
    ],
)
def test_frames_are_summarised_in_one_line(conversation, message, explanation):
    assert frame_text.one_line(conversation.record.record_received(message)) == explanation


def test_publications_are_summarised_with_their_address(conversation):
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
def test_frames_have_a_label_and_a_colour(conversation, record, label, tone):
    frame = record(conversation.record)

    assert (frame.label, frame_tone(frame)) == (label, tone)


def test_json_is_indented(conversation):
    assert (
        frame_text.pretty_json(conversation.record.record_sent(b'{"a":1.50}'))
        == '{\n  "a": 1.50\n}'
    )
    assert frame_text.pretty_json(conversation.record.record_sent(b"{oops")) == "{oops"


def test_the_response_to_a_publication_says_what_reached_means(conversation):
    request = conversation.record.record_http_request(b"{}")
    response = conversation.record.record_http_response(request, 200, b'{"accepted":1,"reached":3}')

    assert "accepted 1 and queued it for connections: 3" in explanation(conversation, response)


@pytest.mark.parametrize(
    ("publication", "words"),
    [
        (b'{"channel":"order:o"}', "Nobody was subscribed to `order:o` on the node"),
        (b'{"user":"u"}', "Nobody was subscribed to `user:u` on the node"),
        (b'{"everyone":true}', "queued it for connections: 0"),
    ],
)
def test_the_response_to_a_publication_names_a_channel_without_subscribers(
    conversation, publication, words
):
    request = conversation.record.record_http_request(publication)
    response = conversation.record.record_http_response(request, 200, b'{"accepted":1,"reached":0}')

    assert words in explanation(conversation, response)


def test_a_successful_http_response_is_green(conversation):
    request = conversation.record.record_http_request(b"{}")
    response = conversation.record.record_http_response(request, 200, b"{}")

    assert frame_tone(response) == "ok"


def test_a_token_is_shown_redacted(conversation):
    frame = conversation.record.record_sent(b'{"type":"auth","payload":{"token":"ey.J"}}')

    assert frame_text.one_line(frame) == "•••"


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("order:ord_1", "only the customer who placed the order and the shop's staff"),
        ("user:user_2", "only that user may"),
        ("tenant:shop", "only the shop's staff may"),
        ("monitor:shop", "only the shop's admins may"),
    ],
)
def test_a_refused_subscription_names_the_rule_for_its_kind_of_channel(
    conversation, channel, words
):
    conversation.record.record_sent(
        b'{"type":"subscribe","id":"r1","payload":{"channel":"%s"}}' % channel.encode()
    )
    refused = conversation.record.record_received(
        b'{"type":"error","id":"r1","payload":{"code":"forbidden","message":"No access"}}'
    )

    text = explanation(conversation, refused)

    assert words in text
    assert "the same whether the channel is unknown or not allowed" in text


@pytest.mark.parametrize(
    ("epoch", "words"),
    [(b"old", "The epoch is another one"), (b"new", "Messages are missing")],
    ids=["of an earlier history", "of a history that is too short"],
)
def test_a_position_that_cannot_be_recovered_from_is_explained(conversation, epoch, words):
    conversation.record.record_sent(
        b'{"type":"subscribe","id":"r1","payload":{"channel":"order:ord_1","recoverable":true,'
        b'"since":{"epoch":"%s","offset":3}}}' % epoch
    )
    reply = conversation.record.record_received(
        b'{"type":"subscribed","id":"r1","payload":{"channel":"order:ord_1","epoch":"new",'
        b'"offset":9,"recovered":false}}'
    )

    assert words in explanation(conversation, reply)
