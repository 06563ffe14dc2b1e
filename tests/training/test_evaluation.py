import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.recorded_frames import FrameKind, RecordedFrame, parse_frame_text
from client.sans_io.connection_events import Direction
from protocol.codec import format_timestamp
from training.conditions import (
    AllOf,
    Answered,
    AnyOf,
    Closed,
    Connected,
    ConnectionEnded,
    Count,
    InOrder,
    IsSubscribed,
    Never,
    Performed,
    Received,
    Rejected,
    Sent,
    Within,
)
from training.evaluation import (
    EndedConnection,
    FrameRef,
    GivenAnswer,
    PerformedAction,
    Timeline,
    evaluate_goal,
    evaluate_step,
    is_met,
    merge_entries,
    pair_frames,
    stays_met,
)
from training.lesson_types import Choice, Goal, NearMiss, Question, Step

PING, PONG = {"type": "ping"}, {"type": "pong"}
SUBSCRIBE = {"type": "subscribe", "id": "r1", "payload": {"channel": "order:ord_1"}}


class Frames:
    """Builds the frames of one connection; each comes a second after the one before."""

    def __init__(self, start=1000.0):
        self.frames = []
        self._at = start

    def add(self, direction, kind, text="", code=0, at=None):
        self._at = self._at + 1 if at is None else at
        text, message = parse_frame_text(text.encode())
        self.frames.append(
            RecordedFrame(
                seq=len(self.frames) + 1,
                at=self._at,
                direction=direction,
                kind=kind,
                text=text,
                message=message if kind is FrameKind.TEXT else None,
                code=code,
            )
        )
        return self

    def sent(self, message, at=None):
        text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
        return self.add(Direction.SENT, FrameKind.TEXT, text, at=at)

    def got(self, message, at=None, stamp=None):
        if stamp is not None:
            message = {**message, "timestamp": format_timestamp(stamp)}
        return self.add(
            Direction.RECEIVED, FrameKind.TEXT, msgspec.json.encode(message).decode(), at=at
        )

    def connect(self, with_token=True):
        self.add(Direction.SENT, FrameKind.CONNECT, "token=•••" if with_token else "")
        return self.add(Direction.RECEIVED, FrameKind.OPEN)


def timeline(*frames, others=(), since=1, subscriptions=(), **by_actor):
    """Return the timeline of the learner's frames, and of other actors'."""
    by_actor = {"you": frames[0], **by_actor} if frames else by_actor
    paired = [
        [entry for entry in pair_frames(actor, each.frames) if entry.frame.seq >= since]
        for actor, each in by_actor.items()
    ]
    return Timeline(merge_entries(paired, others), frozenset(subscriptions))


def test_a_sent_message_is_recognized_by_its_type_and_its_fields():
    happened = timeline(Frames().sent(SUBSCRIBE))

    assert is_met(Sent(type="subscribe"), happened)
    assert is_met(Sent(type="subscribe", where=("channel = order:ord_1",)), happened)
    assert is_met(Sent(where=("$.payload.channel",)), happened)
    assert is_met(Sent(where=('/"id":"r[0-9]"/',)), happened)
    assert not is_met(Sent(type="ping"), happened)
    assert not is_met(Sent(where=("channel = order:ord_2",)), happened)
    assert not is_met(Sent(type="subscribe", by="agent"), happened)
    assert not is_met(Received(type="subscribe"), happened)


def test_text_that_is_not_json_is_a_sent_message_without_fields():
    happened = timeline(Frames().sent("hello"))

    assert is_met(Sent(), happened)
    assert is_met(Sent(lacks=("type",)), happened)
    assert not is_met(Sent(where=("$.type",)), happened)


def test_lacks_and_numbers_name_fields_of_the_message_itself():
    nested = timeline(Frames().sent({"type": "ping", "payload": {"id": 7}}))
    at_the_root = timeline(Frames().sent({"type": "ping", "id": 7}))

    assert is_met(Sent(lacks=("id",)), nested)
    assert not is_met(Sent(numbers=("id",)), nested)
    assert is_met(Sent(numbers=("payload.id",)), nested)
    assert is_met(Sent(numbers=("id",)), at_the_root)


@pytest.mark.parametrize("id", ["7", True, None, [7]])
def test_what_looks_like_a_number_is_none(id):
    assert not is_met(Sent(numbers=("id",)), timeline(Frames().sent({"type": "ping", "id": id})))


def test_a_reply_belongs_to_the_request_with_its_id():
    frames = Frames().sent({**PING, "id": "a"}).sent({**PING, "id": "b"}).got({**PONG, "id": "b"})
    happened = timeline(frames)

    assert is_met(Received(type="pong", replying_to=Sent(where=("id = b",))), happened)
    assert not is_met(Received(type="pong", replying_to=Sent(where=("id = a",))), happened)


def test_the_next_reply_without_an_id_answers_a_request_without_one():
    refused = {"type": "error", "payload": {"code": "invalid_message"}}
    numeric = {"type": "ping", "id": 7}
    frames = Frames().sent(PING).sent(numeric).got(PONG).got(refused)
    happened = timeline(frames)

    assert is_met(Received(type="pong", replying_to=Sent(lacks=("id",))), happened)
    assert is_met(Received(type="error", replying_to=Sent(numbers=("id",))), happened)
    assert not is_met(Received(type="pong", replying_to=Sent(numbers=("id",))), happened)


def test_an_event_without_an_id_is_no_reply():
    event = {"type": "order_update", "payload": {"order_id": "ord_1"}}
    happened = timeline(Frames().sent(PING).got(event).got(PONG))

    assert not is_met(Received(type="order_update", replying_to=Sent()), happened)
    assert is_met(Received(type="pong", replying_to=Sent(type="ping")), happened)


def test_a_reply_never_answers_a_request_of_an_earlier_connection():
    frames = Frames().connect().sent(PING).connect().got(PONG)

    assert not is_met(Received(type="pong", replying_to=Sent()), timeline(frames))


def test_a_reply_to_a_request_from_before_the_step_does_not_count():
    frames = Frames().sent({**PING, "id": "a"}).got({**PONG, "id": "a"})
    happened = timeline(frames, since=2)

    assert is_met(Received(type="pong"), happened)
    assert not is_met(Received(type="pong", replying_to=Sent()), happened)


def test_an_opened_connection_tells_whether_it_had_a_token():
    with_token, without = timeline(Frames().connect()), timeline(Frames().connect(False))

    assert is_met(Connected(), with_token)
    assert is_met(Connected(), without)
    assert is_met(Connected(has_token=True), with_token)
    assert not is_met(Connected(has_token=False), with_token)
    assert is_met(Connected(has_token=False), without)


def test_a_rejected_handshake_and_a_close_are_known_by_their_codes():
    rejected = Frames().add(Direction.RECEIVED, FrameKind.HANDSHAKE_REJECTED, code=503)
    closed = Frames().add(Direction.RECEIVED, FrameKind.CLOSE, code=4101)

    assert is_met(Rejected(status=503), timeline(rejected))
    assert not is_met(Rejected(status=403), timeline(rejected))
    assert is_met(Closed(code=4101), timeline(closed))
    assert not is_met(Closed(code=4101), timeline(rejected))


def test_actions_answers_and_other_connections_are_entries_too():
    others = [
        PerformedAction(1.0, "start_scenario"),
        EndedConnection(2.0, 4100),
        GivenAnswer(3.0, False),
    ]
    happened = timeline(others=others)

    assert is_met(Performed(action="start_scenario"), happened)
    assert not is_met(Performed(action="advance_order"), happened)
    assert is_met(ConnectionEnded(code=4100), happened)
    assert not is_met(ConnectionEnded(code=4101), happened)
    assert not is_met(Answered(), happened)
    assert is_met(Answered(), timeline(others=[*others, GivenAnswer(4.0, True)]))


def test_a_subscription_counts_while_it_lasts():
    condition = IsSubscribed(channel="order:ord_1")

    assert is_met(condition, timeline(subscriptions=[("you", "order:ord_1")]))
    assert not is_met(condition, timeline(subscriptions=[("agent", "order:ord_1")]))
    assert not is_met(condition, timeline())


def test_in_order_wants_each_condition_after_the_one_before():
    ping_then_pong = InOrder((Sent(type="ping"), Received(type="pong")))

    assert is_met(ping_then_pong, timeline(Frames().sent(PING).got(PONG)))
    assert not is_met(ping_then_pong, timeline(Frames().got(PONG).sent(PING)))
    assert is_met(ping_then_pong, timeline(Frames().got(PONG).sent(PING).got(PONG)))


def test_one_message_does_not_meet_two_conditions_in_order():
    twice = InOrder((Sent(type="ping"), Sent(type="ping")))

    assert not is_met(twice, timeline(Frames().sent(PING)))
    assert is_met(twice, timeline(Frames().sent(PING).sent(PING)))


def test_what_is_subscribed_now_may_stand_anywhere_in_an_order():
    now = IsSubscribed(channel="order:ord_1")
    happened = timeline(Frames().sent(PING).got(PONG), subscriptions=[("you", "order:ord_1")])

    assert is_met(InOrder((Sent(type="ping"), now, Received(type="pong"))), happened)


def test_the_order_holds_between_the_connections_of_several_actors():
    mine, theirs = Frames(1000).sent(PING, at=1001), Frames().sent(SUBSCRIBE, at=1002)
    happened = timeline(mine, agent=theirs)

    assert is_met(InOrder((Sent(), Sent(by="agent"))), happened)
    assert not is_met(InOrder((Sent(by="agent"), Sent())), happened)


def test_the_order_of_one_connection_holds_although_the_clock_went_back():
    frames = Frames().sent(PING, at=1005).got(PONG, at=1003)
    later = PerformedAction(1004.0, "cut")

    happened = timeline(frames, others=[later])

    assert is_met(InOrder((Sent(type="ping"), Received(type="pong"))), happened)


def test_any_of_is_met_by_whatever_comes_first():
    either = AnyOf((Sent(type="subscribe"), Sent(type="ping")))

    result = evaluate_goal(Goal("", either), timeline(Frames().sent(PING).sent(SUBSCRIBE)), {})

    assert result.frames == (FrameRef("you", 1),)


def test_all_of_is_met_in_any_order():
    both = AllOf((Sent(type="subscribe"), Sent(type="ping")))

    assert is_met(both, timeline(Frames().sent(PING).sent(SUBSCRIBE)))
    assert not is_met(both, timeline(Frames().sent(PING)))


def test_count_counts_different_values():
    two = Count(condition=Sent(type="ping"), least=2, different="id")
    same = Frames().sent({**PING, "id": "a"}).sent({**PING, "id": "a"})

    assert not is_met(two, timeline(same))
    assert is_met(Count(condition=Sent(type="ping"), least=2), timeline(same))
    assert is_met(two, timeline(same.sent({**PING, "id": "b"})))


def test_count_is_of_replies_too():
    frames = Frames().sent({**PING, "id": "a"}).sent({**PING, "id": "b"})
    answered = Count(
        condition=Received(type="pong", replying_to=Sent(type="ping")), least=2, different="id"
    )
    assert not is_met(answered, timeline(frames.got({**PONG, "id": "a"})))
    assert is_met(answered, timeline(frames.got({**PONG, "id": "b"})))


def test_an_unmet_goal_says_how_many_messages_it_has_counted():
    two = Count(condition=Sent(type="ping"), least=2, different="id")
    frames = Frames().sent({**PING, "id": "a"}).sent({**PING, "id": "a"})
    asked = InOrder((Sent(type="auth"), two))

    def counted(condition):
        found = evaluate_goal(Goal("a goal", condition), timeline(frames), {})
        return found.is_met, found.count, found.least

    assert counted(two) == (False, 1, 2)
    assert counted(asked) == (False, 0, 0)  # the first condition is not met yet
    frames.sent({"type": "auth"})
    assert counted(asked) == (False, 0, 2)
    frames.sent({**PING, "id": "b"})
    assert counted(asked) == (False, 1, 2)
    assert counted(two) == (True, 0, 0)
    assert counted(Sent(type="chat_message")) == (False, 0, 0)


def test_within_runs_on_the_servers_time_stamps():
    condition = Within(seconds=5, first=Received(type="pong"), then=Received(type="error"))
    error = {"type": "error", "payload": {}}

    slow = Frames().got(PONG, at=1, stamp=100).got(error, at=2, stamp=106)
    quick = Frames().got(PONG, at=1, stamp=100).got(error, at=60, stamp=105)

    assert not is_met(condition, timeline(slow))
    assert is_met(condition, timeline(quick))


def test_the_time_of_a_request_is_that_of_its_reply():
    condition = Within(seconds=5, first=Sent(type="ping"), then=Received(type="error"))
    error = {"type": "error", "payload": {}}
    frames = Frames().sent(PING, at=1).got(PONG, at=2, stamp=100).got(error, at=60, stamp=104)

    assert is_met(condition, timeline(frames))


def test_within_may_be_met_by_a_later_attempt():
    condition = Within(seconds=5, first=Received(type="pong"), then=Received(type="error"))
    error = {"type": "error", "payload": {}}
    frames = Frames().got(PONG, stamp=100).got(error, stamp=110).got(PONG, stamp=200)

    assert not is_met(condition, timeline(frames))
    assert is_met(condition, timeline(frames.got(error, stamp=205)))


NO_UPDATE = Never(
    condition=Received(type="order_update"),
    after=Received(type="unsubscribed"),
    until=Received(type="pong"),
)
UPDATE, UNSUBSCRIBED = {"type": "order_update", "payload": {}}, {"type": "unsubscribed"}


def test_never_is_unmet_until_its_end():
    frames = Frames().got(UNSUBSCRIBED)

    assert not is_met(NO_UPDATE, timeline(frames))
    assert is_met(NO_UPDATE, timeline(frames.got(PONG)))


def test_never_is_unmet_if_it_happened_in_between():
    assert not is_met(NO_UPDATE, timeline(Frames().got(UNSUBSCRIBED).got(UPDATE).got(PONG)))


def test_never_does_not_look_before_its_start_or_after_its_end():
    frames = Frames().got(UPDATE).got(PONG).got(UNSUBSCRIBED).got(PONG).got(UPDATE)

    assert is_met(NO_UPDATE, timeline(frames))
    assert not is_met(NO_UPDATE, timeline(Frames().got(PONG).got(UNSUBSCRIBED)))


def test_never_can_be_tried_again():
    frames = Frames().got(UNSUBSCRIBED).got(UPDATE).got(PONG).got(UNSUBSCRIBED)

    assert not is_met(NO_UPDATE, timeline(frames))
    assert is_met(NO_UPDATE, timeline(frames.got(PONG)))


def test_a_met_goal_names_the_request_and_the_reply():
    goal = Goal("", Received(type="pong", replying_to=Sent(type="ping")))

    result = evaluate_goal(goal, timeline(Frames().sent(PING).got(PONG)), {})

    assert result.is_met
    assert result.frames == (FrameRef("you", 1), FrameRef("you", 2))


NEAR_MISSES = (
    NearMiss(Sent(type="ping", numbers=("id",)), "number {n}"),
    NearMiss(Sent(type="ping", lacks=("id",)), "no id in {n}"),
    NearMiss(Sent(), "no ping in {n}"),
)
WITH_ID = Goal("", Sent(type="ping", where=("$.id",), lacks=("payload",)), NEAR_MISSES)


def test_a_near_miss_explains_the_latest_attempt():
    happened = timeline(Frames().sent(SUBSCRIBE).sent(PING))
    result = evaluate_goal(WITH_ID, happened, {})

    assert (result.is_met, result.near_miss) == (False, "no id in {n}")
    assert result.at == FrameRef("you", 2)


def test_of_the_near_misses_of_one_frame_the_first_counts():
    happened = timeline(Frames().sent(PING).sent({"type": "ping", "id": 7, "payload": {}}))

    assert evaluate_goal(WITH_ID, happened, {}).near_miss == "number {n}"


def test_there_is_no_near_miss_without_an_attempt_or_once_the_goal_is_met():
    assert evaluate_goal(WITH_ID, timeline(), {}).near_miss == ""
    happened = timeline(Frames().sent(PING).sent({**PING, "id": "a"}))
    assert evaluate_goal(WITH_ID, happened, {}).near_miss == ""


def test_the_placeholders_of_conditions_stand_for_the_values_of_the_exercise():
    foreign = NearMiss(Sent(where=("channel = order:{other_order}",)), "theirs")
    goal = Goal("", Sent(where=("channel = order:{order}",)), (foreign,))
    happened = timeline(Frames().sent(SUBSCRIBE))

    assert evaluate_goal(goal, happened, {"order": "ord_1"}).is_met
    other = evaluate_goal(goal, happened, {"order": "ord_2", "other_order": "ord_1"})
    assert other.near_miss == "theirs"


def test_a_goal_stays_met_when_its_frames_are_dropped_unless_it_is_about_the_present():
    conditions = (Sent(type="ping"), Received(type="pong"), IsSubscribed(channel="order:1"))
    step = Step(
        title="T",
        instruction="I",
        reason="R",
        goals=tuple(Goal("A goal", condition) for condition in conditions),
        hints=(),
        solution=(),
        explanation="E",
    )
    frames = Frames().sent(PING).got(PONG)
    first = timeline(frames, since=1, subscriptions=[("you", "order:1")])
    before = evaluate_step(step, first, {})
    assert before.is_met

    after = evaluate_step(step, timeline(frames, since=2), {}, stays_met(step, before))

    assert [goal.is_met for goal in after.goals] == [True, True, False]
    assert after.goals[0].frames == (FrameRef("you", 1),)


def test_a_step_with_a_question_is_done_when_all_goals_are_met_and_the_answer_is_right():
    step = Step(
        title="",
        instruction="",
        reason="",
        goals=(Goal("", Sent(type="ping")),),
        hints=(),
        solution=(),
        explanation="",
        question=Question("", (Choice("a", ""), Choice("b", "", "wrong"))),
    )
    sent, right = Frames().sent(PING), GivenAnswer(9.0, True)

    assert not evaluate_step(step, timeline(sent), {}).is_met
    assert not evaluate_step(step, timeline(others=[right]), {}).is_met
    done = evaluate_step(step, timeline(sent, others=[right]), {})
    assert done.is_answered
    assert done.is_met


# Properties of all conditions

FEW = settings(max_examples=50)

MESSAGES = st.sampled_from(
    [
        ("sent", PING),
        ("sent", {**PING, "id": "a"}),
        ("sent", {"type": "ping", "id": 7}),
        ("sent", SUBSCRIBE),
        ("got", PONG),
        ("got", {**PONG, "id": "a"}),
        ("got", UPDATE),
        ("got", UNSUBSCRIBED),
        ("got", {"type": "error", "payload": {"code": "forbidden"}}),
    ]
)
SENT = st.sampled_from([Sent(), Sent(type="ping"), Sent(lacks=("id",)), Sent(numbers=("id",))])
ENTRIES = st.one_of(
    SENT,
    st.builds(
        Received,
        type=st.sampled_from(["pong", "order_update", "error"]),
        replying_to=st.none() | SENT,
    ),
    st.sampled_from([Closed(code=1000), Performed(action="cut"), Answered()]),
)


def composed(parts):
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(InOrder, several),
        st.builds(AllOf, several),
        st.builds(AnyOf, several),
        st.builds(Count, condition=parts, least=st.integers(1, 3), different=st.just("id")),
        st.builds(Within, seconds=st.just(2.0), first=parts, then=parts),
        st.builds(Never, condition=parts, after=parts, until=parts),
    )


CONDITIONS = st.recursive(ENTRIES, composed, max_leaves=6)


def recorded(messages):
    frames = Frames()
    for direction, message in messages:
        getattr(frames, direction)(message)
    return timeline(frames)


@FEW
@given(CONDITIONS)
def test_nothing_meets_a_condition_before_anything_happened(condition):
    assert not is_met(condition, Timeline())


@FEW
@given(CONDITIONS, st.lists(MESSAGES, max_size=12), st.lists(MESSAGES, max_size=3))
def test_what_is_met_stays_met_when_more_happens(condition, messages, more):
    if is_met(condition, recorded(messages)):
        assert is_met(condition, recorded([*messages, *more]))


@FEW
@given(st.lists(ENTRIES, min_size=1, max_size=3), st.lists(MESSAGES, max_size=12))
def test_all_of_is_met_wherever_in_order_is(conditions, messages):
    happened = recorded(messages)
    met = [is_met(InOrder(order), happened) for order in itertools.permutations(tuple(conditions))]

    assert is_met(AllOf(tuple(conditions)), happened) or not any(met)
    assert is_met(AnyOf(tuple(conditions)), happened) == any(
        is_met(each, happened) for each in conditions
    )


@FEW
@given(ENTRIES, ENTRIES, st.lists(MESSAGES, max_size=12))
def test_within_any_time_is_the_same_as_in_order(first, then, messages):
    happened = recorded(messages)
    within = Within(seconds=1e9, first=first, then=then)

    assert is_met(within, happened) == is_met(InOrder((first, then)), happened)
