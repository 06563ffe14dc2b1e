"""Which frames a step is about."""

from client.frame_recorder import FrameRecorder
from dashboard.views.training import frame_scope
from training.lessons.catalogue import LESSONS

CHAT = LESSONS["support-chat"]


def recorded(*types):
    recorder = FrameRecorder()
    recorder.record_sent(b'{"type":"subscribe","id":"r1"}')
    recorder.record_received(b'{"type":"subscribed","id":"r1"}')
    for type_ in types:
        recorder.record_received(f'{{"type":"{type_}","payload":{{}}}}'.encode())
    return recorder.frames()


def test_a_step_is_about_what_its_goals_ask_for_and_what_the_learner_has_received():
    types = frame_scope.types_of(CHAT.steps[1], recorded("notification"))

    assert {"chat_message", "notification"} <= types
    assert "customer_activity" not in types


def test_events_that_the_step_is_not_about_are_left_out_and_replies_are_not():
    frames = recorded("customer_activity", "chat_message", "new_order")

    found = frame_scope.in_scope(frames, {"chat_message"})

    assert [frame.type for frame in found] == ["subscribe", "subscribed", "chat_message"]


def test_an_event_that_met_a_goal_is_never_left_out():
    frames = recorded("new_order", "new_order")

    found = frame_scope.in_scope(frames, set(), marked={frames[-1].seq})

    assert [frame.seq for frame in found] == [1, 2, 4]


def test_chats_of_other_customers_are_left_out():
    recorder = FrameRecorder()
    for conversation in ("c1", "c2"):
        text = f'{{"type":"chat_message","payload":{{"conversation_id":"{conversation}"}}}}'
        recorder.record_received(text.encode())

    found = frame_scope.in_scope(recorder.frames(), {"chat_message"}, "c2")

    assert [frame.seq for frame in found] == [2]
