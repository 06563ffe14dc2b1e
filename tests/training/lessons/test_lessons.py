"""The built-in lessons, as data: what every lesson, step, goal and question has to have."""

import re
from collections import Counter

import msgspec
import pytest

from client.frame_recorder import FrameRecorder
from common.text_patterns import parse_pattern
from protocol.close_codes import CloseCode
from protocol.errors import ErrorCode
from training.actions import LEARNER, Choose, Send, Wait
from training.conditions import Answered, Condition, Received, Sent
from training.evaluation import (
    PerformedAction,
    Timeline,
    evaluate_goal,
    merge_entries,
    pair_frames,
)
from training.lesson_rules import PERSON_VALUES, lesson_texts, step_texts
from training.lesson_types import Goal, Lesson
from training.lessons.catalogue import CHAPTERS, LESSONS
from training.lessons.requests import request
from training.placeholders import fill, fill_condition, names_in

NAMES = [
    "say-hello",
    "sign-in",
    "subscribe",
    "be-refused",
    "missing-update",
    "support-chat",
    "lost-connection",
    "flood",
]
"""In addresses and in stored progress: they never change."""
COMMON_VALUES = {
    "order",
    "first_name",
    "name",
    "user_id",
    "other_order",
    "other_name",
    "tenant",
    "epoch",
    "offset",
    "conversation",
}
STEPS = [
    pytest.param(lesson, step, id=f"{lesson.name}-{number}")
    for lesson in LESSONS.values()
    for number, step in enumerate(lesson.steps, 1)
]
every_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
every_step = pytest.mark.parametrize(("lesson", "step"), STEPS)


def texts_of(value) -> list[str]:
    """Return all texts in a tree of Structs, frames and conditions included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [text for each in msgspec.structs.astuple(value) for text in texts_of(each)]
    if isinstance(value, tuple):
        return [text for each in value for text in texts_of(each)]
    return []


def conditions_of(value) -> list[Condition]:
    """Return the conditions on messages in a tree of conditions."""
    if isinstance(value, Sent | Received):
        nested = conditions_of(value.replying_to) if isinstance(value, Received) else []
        return [value, *nested]
    if isinstance(value, msgspec.Struct):
        return [c for each in msgspec.structs.astuple(value) for c in conditions_of(each)]
    if isinstance(value, tuple):
        return [c for each in value for c in conditions_of(each)]
    return []


def attempts(goal: Goal) -> list[Condition]:
    """Return what a goal's near misses look for."""
    return [near_miss.attempt for near_miss in goal.near_misses]


def values_of(lesson: Lesson) -> set[str]:
    """Return the names of the placeholders that a lesson may use."""
    of_actors = {
        name
        for actor in lesson.actors
        for name in (actor.name, *(f"{actor.name}_{value}" for value in PERSON_VALUES))
    }
    return COMMON_VALUES | of_actors


def test_the_names_of_the_lessons_are_those_in_stored_progress():
    assert list(LESSONS) == NAMES


def test_each_lesson_is_in_one_chapter():
    listed = [lesson.name for chapter in CHAPTERS for lesson in chapter.lessons]

    assert Counter(listed) == Counter(NAMES)
    assert len(CHAPTERS) == 3


@every_lesson
def test_a_lesson_has_three_to_five_steps_and_takes_at_most_ten_minutes(lesson):
    assert 3 <= len(lesson.steps) <= 5
    assert 5 <= lesson.minutes <= 10
    assert lesson.terms
    assert lesson.teaches
    assert lesson.wrap_up


@every_lesson
def test_the_steps_of_a_lesson_have_different_titles(lesson):
    assert len({step.title for step in lesson.steps}) == len(lesson.steps)


@every_lesson
def test_a_lesson_begins_with_a_connection_or_closes_it(lesson):
    assert lesson.steps[0].resume or lesson.steps[0].setup


@every_step
def test_a_step_says_what_to_do_why_and_why_it_worked(lesson, step):
    assert step.instruction
    assert step.reason
    assert step.explanation


@every_step
def test_a_step_has_three_hints_each_longer_than_the_last(lesson, step):
    first, second, third = map(len, step.hints)

    assert first < second < third


@every_step
def test_every_goal_has_a_text_of_its_own_and_its_condition(lesson, step):
    assert step.goals
    assert len({goal.text for goal in step.goals}) == len(step.goals)
    assert not any(goal.condition in [Answered(), *attempts(goal)] for goal in step.goals)


@every_step
def test_a_question_has_one_right_choice_and_says_why_the_others_are_wrong(lesson, step):
    if step.question is None:
        return
    choices = step.question.choices
    right = [choice.name for choice in choices if not choice.explanation]

    assert len(choices) >= 3
    assert len({choice.name for choice in choices}) == len(choices)
    assert len(right) == 1
    assert [a.choice for a in step.solution if isinstance(a, Choose)] == right


@every_step
def test_only_the_answer_to_a_question_is_chosen(lesson, step):
    chosen = [action for action in step.solution if isinstance(action, Choose)]

    assert len(chosen) == (0 if step.question is None else 1)


@every_step
def test_a_solution_waits_only_for_goals_of_its_step(lesson, step):
    waits = [action.goal for action in step.solution if isinstance(action, Wait)]

    assert all(1 <= goal <= len(step.goals) for goal in waits)


@every_step
def test_a_solution_uses_only_what_the_page_offers(lesson, step):
    offered = {type(button) for button in step.buttons}
    always = {"send", "connect", "disconnect", "choose", "wait"}
    used = {type(a) for a in step.solution if a.__struct_config__.tag not in always}

    assert used <= offered


@every_step
def test_only_actors_of_the_lesson_act(lesson, step):
    actors = {LEARNER, *(actor.name for actor in lesson.actors)}
    played = {LEARNER, *(actor.name for actor in lesson.actors if actor.is_playable)}
    prepared = {action.by for action in step.resume + step.setup if hasattr(action, "by")}
    used = {action.by for action in step.solution + step.buttons if hasattr(action, "by")}
    expected = {c.by for goal in step.goals for c in conditions_of(goal.condition)}

    assert prepared <= actors
    assert used | expected <= played


@every_step
def test_every_placeholder_is_one_that_the_exercise_fills(lesson, step):
    used = {name for text in texts_of(step) for name in names_in(text)}

    assert used - {"n"} <= values_of(lesson)


@every_step
def test_near_misses_alone_name_a_frame(lesson, step):
    near_misses = {n.text for goal in step.goals for n in goal.near_misses}
    named = {text for text in texts_of(step) if "n" in names_in(text)}

    assert named <= near_misses


@every_step
def test_every_pattern_of_a_condition_can_be_read(lesson, step):
    values = dict.fromkeys(values_of(lesson), "ord_1")
    conditions = [
        condition
        for goal in step.goals
        for each in (goal.condition, *attempts(goal))
        for condition in conditions_of(fill_condition(each, values))
    ]

    assert all(parse_pattern(pattern) for c in conditions for pattern in c.where)


@every_step
def test_drafts_and_most_frames_are_json_objects(lesson, step):
    values = dict.fromkeys(values_of(lesson), "1")
    sent = [action.text for action in step.solution + step.resume if isinstance(action, Send)]
    frames = [fill(text, values) for text in [*sent, step.draft] if text]

    assert all(isinstance(msgspec.json.decode(frame), dict) for frame in frames)


@every_step
def test_texts_have_only_the_two_marks(lesson, step):
    for text in texts_of((step.instruction, step.reason, step.explanation, step.hints)):
        outside_of_code = re.sub(r"`[^`]+`", "", text)

        assert "`" not in outside_of_code
        assert outside_of_code.count("**") % 2 == 0
        assert "*" not in outside_of_code.replace("**", "")


@every_step
def test_links_lead_to_pages_of_the_workbench(lesson, step):
    pages = {"connections", "explorer", "inbox", "map", "orders", "scenarios"}

    assert {link.page for link in step.links} <= pages


class Attempt:
    """What a learner does in a step and receives, each thing a second after the one before."""

    VALUES = {  # noqa: RUF012 - read only
        "order": "ord_1",
        "other_order": "ord_2",
        "other_name": "Olha",
        "user_id": "user_1",
    }

    def __init__(self):
        self._at = 0.0
        self._recorder = FrameRecorder(self._next)
        self._actions = []

    def _next(self):
        self._at += 1.0
        return self._at

    def request(self, type_, reply, id="r1", **payload):
        """Send a request and receive the reply."""
        self._recorder.record_sent(request(type_, id, payload).encode())
        return self.received(reply[0], reply[1], id)

    def received(self, type_, payload, id=None):
        message = {"type": type_, "payload": payload} | ({"id": id} if id else {})
        self._recorder.record_received(msgspec.json.encode(message))
        return self

    def subscribe(self, channel, reply, **options):
        return self.request("subscribe", (reply, {"channel": channel}), channel=channel, **options)

    def unsubscribe(self, channel):
        reply = ("unsubscribed", {"channel": channel})
        return self.request("unsubscribe", reply, channel=channel)

    def ask(self, channel):
        """Subscribe, and be refused."""
        return self.request("subscribe", FORBIDDEN, channel=channel)

    def ping(self):
        return self.request("ping", ("pong", {}))

    def update(self):
        return self.received("order_update", {"order_id": "ord_1"})

    def advance(self):
        self._actions.append(PerformedAction(self._next(), "advance_order"))
        return self

    def disconnect(self):
        self._recorder.record_close(1000, "", by_client=True)
        return self

    def connect(self, *, has_token=True):
        self._recorder.record_connecting(has_token)
        self._recorder.record_open()
        return self

    def results(self, lesson, number):
        """Return the results of a step's goals, near misses with their values."""
        step = LESSONS[lesson].steps[number - 1]
        frames = pair_frames(LEARNER, self._recorder.frames())
        timeline = Timeline(merge_entries([frames], self._actions), frozenset())
        results = [evaluate_goal(goal, timeline, self.VALUES) for goal in step.goals]
        return [(each.is_met, fill(each.near_miss, self.VALUES)) for each in results]


FORBIDDEN = ("error", {"code": "forbidden", "message": "Not allowed"})


@pytest.mark.parametrize(
    ("step", "channel", "text"),
    [
        (2, "order:ord_3", "exactly `order:ord_2`"),
        (2, "orders:ord_2", "exactly `order:ord_2`"),
        (3, "ord_nobody", "Write `order:` before the id"),
        (3, "orders:ord_nobody", "must begin with `order:`"),
        (3, "order:", "must begin with `order:`"),
        (3, "order:ord_2", "the order of Olha"),
        (4, "order:ord_nobody", "is not empty"),
        (4, "o", "is not empty"),
    ],
)
def test_a_refusal_of_another_channel_says_that_it_is_not_the_one_asked_for(step, channel, text):
    asked, refused = Attempt().ask(channel).results("be-refused", step)

    assert asked == refused
    is_met, near_miss = asked
    assert not is_met
    assert near_miss.startswith("The server did refuse with `forbidden` (frame {n})")
    assert text in near_miss


@pytest.mark.parametrize(
    ("step", "channel", "text"),
    [
        (2, "order:ord_1", "your own order"),
        (2, "user:user_1", "exactly `order:ord_2`"),
        (3, "user:user_1", "must begin with `order:`"),
        (4, "order:ord_1", "is not empty"),
    ],
)
def test_a_channel_that_is_not_refused_is_explained(step, channel, text):
    asked, refused = Attempt().subscribe(channel, "subscribed").results("be-refused", step)

    assert not asked[0]
    assert text in asked[1]
    assert refused == (False, "")


def test_a_misspelt_own_order_is_explained_at_both_goals():
    asked, confirmed = Attempt().ask("order:ord_9").results("be-refused", 1)

    assert "exactly `order:ord_1`" in asked[1]
    assert "exactly `order:ord_1`" in confirmed[1]


def test_an_order_that_advances_after_the_new_connection_was_not_missed():
    attempt = Attempt().disconnect().connect().advance().update()
    away, subscribed, _ = attempt.results("subscribe", 3)

    assert "so you were connected when the order advanced" in away[1]
    assert not away[0]
    assert not subscribed[0]

    attempt.disconnect().advance().connect()
    attempt.subscribe("order:ord_1", "subscribed", last=True).update()
    assert [met for met, _ in attempt.results("subscribe", 3)] == [True, True, True]


def test_a_pong_before_the_order_advances_shows_nothing():
    attempt = Attempt().unsubscribe("user:user_1").ping().advance()

    assert "came before the order advanced" in attempt.results("subscribe", 5)[2][1]
    assert attempt.ping().results("subscribe", 5)[2] == (True, "")


def test_whoever_leaves_the_order_after_an_update_can_still_receive_nothing():
    attempt = Attempt().unsubscribe("user:user_1").advance().update().ping()
    assert "still subscribed to `order:ord_1`" in attempt.results("subscribe", 5)[2][1]

    attempt.unsubscribe("order:ord_1").advance().ping()
    assert attempt.results("subscribe", 5)[2][0]


def test_a_new_connection_that_is_not_subscribed_to_the_order_is_explained():
    attempt = Attempt().disconnect().connect().advance().update()

    assert "not subscribed to `order:ord_1`" in attempt.results("subscribe", 2)[1][1]


@pytest.mark.parametrize(
    ("attempt", "lesson", "step", "goal", "text"),
    [
        (Attempt().connect(has_token=False), "sign-in", 1, 0, "no token in its address"),
        (
            Attempt().connect().received("auth_error", {"error": "Invalid"}),
            "sign-in",
            1,
            1,
            "refuses the token",
        ),
        (
            Attempt().connect().received("auth_success", {"user_id": "user_1"}),
            "sign-in",
            3,
            1,
            "has not expired",
        ),
        (Attempt().disconnect(), "lost-connection", 2, 0, "with 1000: a normal end"),
    ],
)
def test_a_connection_of_another_kind_is_explained(attempt, lesson, step, goal, text):
    is_met, near_miss = attempt.results(lesson, step)[goal]

    assert not is_met
    assert text in near_miss


def test_the_place_of_the_right_choice_does_not_give_it_away():
    places = {
        name: [
            [choice.explanation for choice in step.question.choices].index("")
            for step in lesson.steps
            if step.question
        ]
        for name, lesson in LESSONS.items()
    }
    counts = Counter(place for each in places.values() for place in each)

    assert max(counts.values()) <= counts.total() / 2
    assert all(len(each) == 1 or each != sorted(each) for each in places.values() if each)


@every_lesson
def test_a_lesson_lists_the_codes_that_its_texts_name(lesson):
    known = {*ErrorCode, *(str(int(code)) for code in CloseCode), "1006"}
    texts = [*lesson_texts(lesson), *(text for step in lesson.steps for text in step_texts(step))]
    named = {word for text in texts for word in re.findall(r"[a-z_]+|\b\d{4}\b", code_of(text))}

    assert named & known <= set(lesson.terms)


def code_of(text: str) -> str:
    """Return what stands in backticks, and all numbers of four digits."""
    return " ".join(re.findall(r"`[^`]+`|\b\d{4}\b", text))
