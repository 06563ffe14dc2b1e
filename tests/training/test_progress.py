import pytest

from training import progress
from training.actions import Connect, Flood, Send
from training.lesson_types import Lesson, Step
from training.progress import CurrentStep, Learner


def step(*solution):
    return Step(
        title="",
        instruction="",
        reason="",
        goals=(),
        hints=(),
        solution=solution,
        explanation="",
    )


def lesson(name, *steps):
    return Lesson(name=name, title="", minutes=1, teaches="", terms=(), steps=steps, wrap_up="")


HELLO = lesson("hello", step(Send("{}")), step(Connect(), Send("{}"), Send("{}")))
FLOOD = lesson("flood", step(Flood(300)))
OLENA = Learner("Olena")


def test_a_step_is_done_once_and_the_fewest_messages_count():
    learner = progress.record_done(OLENA, "hello", 0, 100.0, 5)
    learner = progress.record_done(learner, "hello", 0, 200.0, 2)
    learner = progress.record_done(learner, "hello", 0, 300.0, 7)

    assert learner.step("hello", 0).done_at == 100.0
    assert learner.step("hello", 0).messages == 2
    assert learner.steps_done(HELLO) == {0}
    assert not learner.has_done(HELLO)


def test_the_time_on_a_step_ends_when_it_is_done():
    learner = progress.begin(OLENA, "hello", 0, 100.0)
    learner = progress.record_done(learner, "hello", 0, 130.0, 1)
    learner = progress.begin(progress.see(learner, 190.0), "hello", 1, 190.0)

    assert learner.step("hello", 0).seconds == 30.0
    assert learner.current == CurrentStep("hello", 1, 190.0, 190.0)


def test_the_time_of_several_visits_adds_up_and_ends_when_the_learner_was_last_seen():
    learner = progress.see(progress.begin(OLENA, "hello", 0, 100.0), 120.0)
    learner = progress.see(progress.begin(learner, "hello", 0, 500.0), 510.0)

    assert progress.leave(learner).step("hello", 0).seconds == 30.0
    assert progress.leave(learner).current is None
    assert progress.leave(OLENA) == OLENA


def test_attempts_are_counted_with_their_explanations_until_the_step_is_done():
    learner = OLENA
    for near_miss in ("no id", "no id", ""):
        learner = progress.record_attempt(learner, "hello", 0, near_miss)
    learner = progress.record_done(learner, "hello", 0, 1.0, 1)
    learner = progress.record_attempt(learner, "hello", 0, "no id")

    assert learner.step("hello", 0).attempts == 3
    assert learner.step("hello", 0).near_misses == {"no id": 2}


def test_the_number_of_different_explanations_is_limited():
    learner = OLENA
    for number in range(progress.MAX_NEAR_MISSES + 5):
        learner = progress.record_attempt(learner, "hello", 0, f"text {number}")

    assert len(learner.step("hello", 0).near_misses) == progress.MAX_NEAR_MISSES
    assert learner.step("hello", 0).attempts == progress.MAX_NEAR_MISSES + 5


def test_hints_and_the_solution_are_remembered():
    learner = progress.record_hint(progress.record_hint(OLENA, "hello", 0, 2), "hello", 0, 1)
    learner = progress.record_solution_shown(learner, "hello", 0)

    assert learner.step("hello", 0).hints == 2
    assert learner.step("hello", 0).was_solution_shown


def test_steps_done_elsewhere_are_marked_and_those_done_here_stay():
    learner = progress.record_done(OLENA, "hello", 0, 100.0, 3)
    learner = progress.mark_done(learner, {"hello": [0, 1]}, 200.0)

    assert learner.has_done(HELLO)
    assert learner.step("hello", 0).done_at == 100.0
    assert learner.step("hello", 1).messages is None


def test_a_lesson_or_everything_can_be_reset():
    learner = progress.record_done(OLENA, "hello", 0, 1.0, 1)
    learner = progress.begin(progress.record_done(learner, "flood", 0, 1.0, 1), "hello", 1, 2.0)

    assert progress.reset_lesson(learner, "hello").lessons.keys() == {"flood"}
    assert progress.reset_lesson(learner, "hello").current is None
    assert progress.reset_lesson(learner, "flood").current is not None
    assert progress.reset_all(learner) == OLENA


def test_a_summary_compares_the_messages_with_those_of_the_solutions():
    learner = progress.record_done(OLENA, "hello", 0, 100.0, 4)
    learner = progress.mark_done(learner, {"hello": [1]}, 200.0)
    learner = progress.record_hint(learner, "hello", 0, 2)

    summary = progress.summarize(learner, HELLO)

    assert (summary.steps_done, summary.steps, summary.done_at) == (2, 2, 200.0)
    assert (summary.messages, summary.fewest_messages, summary.hints) == (4, 1, 2)
    assert progress.summarize(OLENA, HELLO).done_at is None


@pytest.mark.parametrize(
    ("of", "messages"), [(HELLO.steps[0], 1), (HELLO.steps[1], 2), (FLOOD.steps[0], 300)]
)
def test_the_messages_of_a_solution_are_counted(of, messages):
    assert progress.solution_messages(of) == messages


def test_a_trainer_sees_where_a_learner_is_and_who_may_need_help():
    learner = progress.record_done(OLENA, "hello", 0, 90.0, 1)
    learner = progress.see(progress.begin(learner, "hello", 1, 100.0), 690.0)

    soon = progress.learner_status(learner, [HELLO, FLOOD], 699.0)
    later = progress.learner_status(learner, [HELLO, FLOOD], 700.0)
    gone = progress.learner_status(learner, [HELLO, FLOOD], 5000.0)

    assert (soon.steps_done, soon.lessons_done) == ({"hello": 1, "flood": 0}, 0)
    assert (soon.seconds, soon.may_need_help) == (599.0, False)
    assert (later.seconds, later.may_need_help) == (600.0, True)
    assert (gone.seconds, gone.is_here, gone.may_need_help) == (590.0, False, False)


def test_a_trainer_sees_a_learner_who_has_not_begun():
    status = progress.learner_status(OLENA, [HELLO], 100.0)

    assert (status.seconds, status.is_here) == (0.0, False)


def test_the_most_difficult_step_comes_first_with_its_most_frequent_explanation():
    ihor = Learner("Ihor")
    for near_miss in ("no id", "no id", "number"):
        ihor = progress.record_attempt(ihor, "hello", 1, near_miss)
    olena = progress.record_attempt(OLENA, "hello", 1, "number")
    olena = progress.record_attempt(olena, "hello", 1, "number")
    olena = progress.record_attempt(olena, "hello", 0)

    (hard,) = progress.step_difficulties([olena, ihor], [HELLO, FLOOD])

    assert (hard.step, hard.learners, hard.attempts) == (1, 2, 5)
    assert (hard.near_miss, hard.near_miss_count) == ("number", 3)
