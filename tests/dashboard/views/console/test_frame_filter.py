"""The filter of the frames."""

import pytest

from dashboard.frames.connection_tracker import ConnectionTracker
from dashboard.views.console.frame_filter import filter_frames, with_requests


@pytest.fixture
def labels(conversation):
    """The labels of the frames that a filter leaves, of a short conversation."""
    record = conversation.record
    record.record_connecting(has_token=True)
    record.record_open()
    record.record_received(b'{"type":"auth_success","payload":{"user_id":"user_1"}}')
    record.record_sent(b'{"type":"subscribe","id":"r1","payload":{"channel":"order:ord_1"}}')
    record.record_received(
        b'{"type":"error","id":"r1","payload":{"code":"forbidden","message":"No access"}}'
    )
    record.record_received(b'{"type":"cart_update","payload":{"action":"cleared"}}')
    record.record_http_request(b'{"user":"user_9","type":"notification","payload":{}}')

    def get(words):
        frames = conversation.frames
        return [each.label for each in filter_frames(frames, ConnectionTracker.of(frames), words)]

    return get


def test_no_words_leave_every_frame(labels):
    assert len(labels("  ")) == 7


def test_a_word_is_searched_in_the_type(labels):
    assert labels("CART") == ["cart_update"]


def test_an_event_is_found_by_the_channel_on_which_it_came(labels):
    assert labels("user:user_1") == ["cart_update"]


def test_a_refusal_is_found_by_its_code_and_by_the_channel_of_its_request(labels):
    assert labels("forbidden") == ["error"]
    assert labels("order:ord_1") == ["subscribe", "error"]


def test_a_publication_is_found_by_its_address_and_type(labels):
    assert labels("user:user_9") == labels("notification") == ["POST"]


def test_every_word_must_be_found(labels):
    assert labels("order: forbidden") == ["error"]
    assert labels("order: cart") == []


def test_a_frame_is_found_by_the_ids_in_its_content(conversation):
    order = conversation.record.record_received(
        b'{"type":"new_order","payload":{"order":{"id":"ord_668","items":[{"product_id":"p_7"}],'
        b'"total":"42.00"}}}'
    )
    tracker = ConnectionTracker.of(conversation.frames)

    assert filter_frames([order], tracker, "668") == (order,)
    assert filter_frames([order], tracker, "p_7") == (order,)
    assert filter_frames([order], tracker, "42.00") == ()


def test_a_sequence_of_replies_has_their_requests(conversation):
    request = conversation.record.record_sent(b'{"type":"dance","id":"r1"}')
    conversation.record.record_sent(b'{"type":"ping","id":"r2"}')
    reply = conversation.record.record_received(
        b'{"type":"error","id":"r1","payload":{"code":"unknown_type","message":""}}'
    )
    tracker = ConnectionTracker.of(conversation.frames)

    assert with_requests([reply], tracker) == (request, reply)
