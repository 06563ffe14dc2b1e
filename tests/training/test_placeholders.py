import pytest

from client.frame_recorder import FrameRecorder
from client.sans_io.connection_events import Direction
from training.actions import Connect, Send, TokenKind
from training.conditions import AllOf, Count, IsSubscribed, Received, Sent
from training.placeholders import (
    conversation_of,
    fill,
    fill_action,
    fill_condition,
    fill_position,
    names_in,
)

VALUES = {"order": "ord_7", "name": "Olena"}


def received(*messages):
    recorder = FrameRecorder()
    for message in messages:
        recorder.record(Direction.RECEIVED, message.encode())
    return recorder.frames()


def test_known_names_are_replaced_and_everything_else_in_braces_stays():
    text = '{name}: {"type": "subscribe", "payload": {"channel": "order:{order}"}} {n} {}'

    filled = fill(text, VALUES)

    assert filled == ('Olena: {"type": "subscribe", "payload": {"channel": "order:ord_7"}} {n} {}')


def test_a_value_is_not_filled_again():
    assert fill("{name}", {"name": "{order}", "order": "ord_7"}) == "{order}"


def test_the_names_in_a_text_are_listed():
    assert names_in('{"id": "{order}"} {name} {name}') == {"order", "name"}


def test_all_texts_of_a_condition_are_filled():
    sent = Sent(type="subscribe", where=("channel = order:{order}", "$.id"))
    condition = AllOf(
        (
            Received(type="subscribed", replying_to=sent),
            Count(condition=sent, least=2),
            IsSubscribed(channel="order:{order}"),
        )
    )
    filled_sent = Sent(type="subscribe", where=("channel = order:ord_7", "$.id"))

    assert fill_condition(condition, VALUES) == AllOf(
        (
            Received(type="subscribed", replying_to=filled_sent),
            Count(condition=filled_sent, least=2),
            IsSubscribed(channel="order:ord_7"),
        )
    )


def test_an_action_keeps_what_is_no_text():
    assert fill_action(Connect(TokenKind.FORGED), VALUES) == Connect(TokenKind.FORGED)
    assert fill_action(Send("{order}"), VALUES) == Send("ord_7")


SINCE = '{"channel": "order:ord_7", "since": {"epoch": "{epoch}", "offset": {offset}}}'
SUBSCRIBED = '{"type":"subscribed","payload":{"channel":"order:ord_7","epoch":"e1","offset":41}}'
OTHER_CHANNEL = '{"type":"subscribed","payload":{"channel":"order:ord_8","epoch":"e2","offset":5}}'
UPDATE = '{"type":"order_update","payload":{},"channel":"order:ord_7","offset":42}'


def test_a_position_is_that_of_the_last_message_of_the_channel_that_the_frame_names():
    frames = received(SUBSCRIBED, UPDATE, OTHER_CHANNEL)

    filled = fill_position(SINCE, frames, "user_7")

    assert filled == '{"channel": "order:ord_7", "since": {"epoch": "e1", "offset": 42}}'


def test_without_a_channel_it_is_the_latest_position_of_any():
    assert fill_position("{epoch}/{offset}", received(SUBSCRIBED, OTHER_CHANNEL), "") == "e2/5"


def test_signing_in_gives_the_position_of_the_users_own_channel():
    signed_in = '{"type":"auth_success","payload":{"user_id":"user_7","epoch":"e3","offset":9}}'
    text = '{"channel": "user:user_7"} {epoch} {offset}'

    assert fill_position(text, received(signed_in), "user_7").endswith(" e3 9")


def test_a_position_that_is_not_known_stays_a_placeholder():
    assert fill_position(SINCE, received(OTHER_CHANNEL, UPDATE), "user_7") == SINCE


@pytest.mark.parametrize(
    ("frames", "conversation"),
    [
        ((), ""),
        (('{"type":"pong"}',), ""),
        (
            (
                '{"type":"chat_message","payload":{"conversation_id":"conv_1","message":{}}}',
                '{"type":"chat_message","payload":{"conversation_id":"conv_2","message":{}}}',
            ),
            "conv_2",
        ),
    ],
)
def test_the_conversation_is_that_of_the_latest_chat_message(frames, conversation):
    assert conversation_of(received(*frames)) == conversation
