"""A lesson that is open in a tab, with an exercise that the test controls."""

import threading

import pytest

from dashboard.views.training.lesson_run import LessonRun, RunPhase
from training.actions import Send
from training.exercise import ExerciseError
from training.lessons.catalogue import LESSONS

HELLO = LESSONS["say-hello"]
PING = Send('{"type":"ping"}')


class ScriptedExercise:
    """Begins a step when the test lets it."""

    def __init__(self):
        self.actors = ()
        self.begun = []
        self.may_begin = threading.Event()
        self.may_begin.set()
        self.is_closed = threading.Event()
        self.answer = ""
        self.error = None

    def begin_step(self, step):
        assert self.may_begin.wait(30)
        self.begun.append(step)
        self.answer = ""
        if self.error:
            raise self.error

    def perform(self, action):
        if self.error:
            raise self.error

    def choose(self, choice):
        self.answer = choice

    def close(self):
        self.is_closed.set()


@pytest.fixture
def exercise():
    return ScriptedExercise()


@pytest.fixture
def run(exercise):
    return LessonRun("say-hello", HELLO, "key", lambda lesson: exercise)


def test_a_step_is_ready_once_its_exercise_has_begun_it(run, exercise):
    exercise.may_begin.clear()
    run.begin(2)
    assert run.phase is RunPhase.PREPARING

    exercise.may_begin.set()
    run.wait(30)

    assert (run.phase, exercise.begun) == (RunPhase.READY, [2])


def test_a_step_that_cannot_be_set_up_says_why_and_can_be_tried_again(run, exercise):
    exercise.error = ExerciseError("The lesson cannot start.", "the simulator does not answer")
    run.begin(0)
    run.wait(30)
    assert run.phase is RunPhase.FAILED
    assert run.problem.reason == "the simulator does not answer"

    exercise.error = None
    run.begin(0)
    run.wait(30)

    assert (run.phase, run.problem) == (RunPhase.READY, None)


def test_an_action_that_fails_is_kept_until_the_next_one(run, exercise):
    run.begin(0)
    run.wait(30)
    exercise.error = ExerciseError("The connection is closed. Connect first.")
    run.perform(PING)
    assert str(run.problem) == "The connection is closed. Connect first."

    exercise.error = None
    run.perform(PING)

    assert run.problem is None


def test_attempts_are_counted_once_and_only_when_their_replies_can_have_come(run):
    run.begin(0)
    run.wait(30)
    run.perform(PING)
    run.perform(PING)

    assert run.take_attempts(3600.0) == 0
    assert run.take_attempts(0.0) == 2
    assert run.take_attempts(0.0) == 0


def test_leaving_closes_the_exercise(run, exercise):
    run.begin(0)
    run.wait(30)

    run.close_in_background()

    assert exercise.is_closed.wait(30)


def test_a_run_that_was_left_begins_nothing(run, exercise):
    run.close()

    run.begin(0)
    run.wait(0.05)

    assert exercise.begun == []


def test_an_answer_that_the_browser_repeats_after_the_step_has_changed_is_no_answer(run, exercise):
    run.begin(0)
    run.wait(30)
    earlier = run.question_key
    run.choose("connected", earlier)
    assert exercise.answer == "connected"

    run.begin(1)
    run.wait(30)
    run.choose("connected", earlier)

    assert exercise.answer == ""
    assert run.take_attempts(0.0) == 0
    assert run.question_key != earlier


def test_a_step_that_is_begun_again_asks_its_question_again(run, exercise):
    run.begin(0)
    run.wait(30)
    earlier = run.question_key
    run.choose("connected", earlier)
    run.begin(0)
    run.wait(30)

    assert exercise.answer == ""
    assert run.question_key != earlier


def test_the_answer_of_the_solution_is_not_undone_by_the_learners_earlier_one(run, exercise):
    run.begin(0)
    run.wait(30)
    earlier = run.question_key
    run.choose("wrong", earlier)
    assert run.question_key == earlier

    exercise.choose("right")
    run.choose("wrong", earlier)
    assert exercise.answer == "right"

    run.choose("wrong", run.question_key)
    assert exercise.answer == "wrong"
