"""The check of lessons: on a real server, with a busy shop."""

import pytest

from tests.training.lessons_for_tests import frame, make_lesson, make_step
from training.actions import Connect, Send
from training.check import check_lessons
from training.conditions import Connected, IsSubscribed, Received, Sent
from training.lessons.catalogue import LESSONS
from training.translations import translation_check

pytestmark = pytest.mark.xdist_group("training")  # one server and one shop for all

PING, PONG = Send(frame("ping", "p1")), Received(type="pong", replying_to=Sent(type="ping"))
SUBSCRIBED = IsSubscribed(channel="user:{user_id}")
WITH_ID = Received(type="pong", replying_to=Sent(type="ping", where=("id = p2",)))


def test_every_step_of_the_built_in_lessons_keeps_the_rules(environment):
    assert check_lessons(environment, tuple(LESSONS.values()), translation_check()) == []


def test_a_step_that_breaks_a_rule_is_named(environment):
    good = make_step(PONG, resume=(Connect(),), solution=(PING,))
    lessons = {
        "good": [
            good,
            make_step(WITH_ID, resume=(Connect(),), solution=(Send(frame("ping", "p2")),)),
        ],
        "already-done": [make_step(SUBSCRIBED, resume=(Connect(),), solution=(PING,))],
        "unsolved": [make_step(PONG, PONG, resume=(Connect(),), solution=(Connect(),))],
        "no-connection": [make_step(PONG, solution=(PING,))],
        "no-setup": [make_step(PONG, setup=(PING,), solution=(PING,))],
        "done-earlier": [
            good,
            make_step(PONG, resume=(Connect(),), solution=(Send(frame("ping")),)),
        ],
        "no-hint": [make_step(PONG, hints=(), resume=(Connect(),), solution=(PING,))],
        "no-translation": [
            make_step(PONG, reason="New text.", resume=(Connect(),), solution=(PING,))
        ],
        "no-actor": [make_step(Connected(by="nobody"), solution=(Connect(),))],
    }
    made = tuple(make_lesson(*steps, name=name) for name, steps in lessons.items())

    found = check_lessons(environment, made, lambda text: text != "New text.", timeout_s=0.5)
    problems = [str(each) for each in found]

    closed = "The connection is closed. Connect first."
    assert problems == [
        "already-done, step 1: it is done before anything has been done",
        "unsolved, step 1: its solution does not do it: goal 1 is not met (A goal), "
        "goal 2 is not met (A goal)",
        f"no-connection, step 1: its solution cannot be played: {closed}",
        f"no-setup, step 1: it cannot be begun: {closed}",
        "done-earlier, step 2: the solution of step 1 does it, too",
        "no-hint, step 1: there is no hint",
        "no-translation, step 1: a translation is missing: 'New text.'",
        "no-actor, step 1: there is no actor 'nobody'",
    ]
