import pytest

from tests.training.lessons_for_tests import frame, make_lesson, make_step
from training.actions import Choose, Send, Wait
from training.conditions import AllOf, Answered, Connected, IsSubscribed, Received, Sent
from training.lesson_rules import placeholder_names, reference_problems, step_texts, text_problems
from training.lesson_types import Choice, Goal, LessonActor, Link, NearMiss, Question

QUESTION = Question("Q", (Choice("a", "A"), Choice("b", "B", "Because")))


def problems_of(step, **lesson):
    made = make_lesson(step, **lesson)
    return [str(each) for each in (*reference_problems(made), *text_problems(made))]


def test_a_complete_step_has_no_problems():
    step = make_step(
        AllOf((Sent(where=("channel = order:{order}",)), Connected(by="agent"))),
        question=QUESTION,
        solution=(Send('{"a": {"b": "{other_order}"}}', by="agent"), Choose("a"), Wait(1)),
        instruction="{name}, {other}, {agent_user_id}, {conversation}, {epoch}, {offset}, {n}",
    )

    assert problems_of(step, actors=(LessonActor(name="agent", title="A"),)) == []


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (make_step(Sent(), hints=()), "there is no hint"),
        (
            make_step(Sent(), hints=("Look at it.", "Look")),
            "not longer than the one before: 'Look'",
        ),
        (make_step(Sent(), hints=("Look", "Here")), "not longer than the one before: 'Here'"),
        (make_step(Sent(), reason=" "), "a text is empty"),
        (make_step(Sent(), reason="{ordre}"), "there is no value for {ordre}: '{ordre}'"),
        (make_step(), "there is no goal and no question"),
        (make_step(Connected(by="you2")), "there is no actor 'you2'"),
        (make_step(Sent(), solution=(Wait(2),)), "there is no goal 2"),
        (make_step(Sent(), solution=(Choose("a"),)), "there is no choice 'a'"),
        (make_step(Answered()), "a goal wants an answer, but there is no question"),
        (make_step(Sent(where=("$.[",))), "the pattern '$.[' is not valid"),
        (make_step(Sent(where=("",))), "a pattern is empty"),
        (make_step(IsSubscribed(channel="order:{order_id}")), "there is no value for {order_id}"),
        (make_step(Sent(), solution=(Send(frame("{x}")),)), "there is no value for {x}"),
        (
            make_step(question=Question("Q", (Choice("a", "A"), Choice("b", "B")))),
            "the question has 2 right choices instead of one",
        ),
        (
            make_step(question=Question("Q", (Choice("a", "A", "No"),))),
            "the question has 0 right choices instead of one",
        ),
        (
            make_step(question=Question("Q", (Choice("a", "A"), Choice("a", "B", "No")))),
            "two choices of the question have the same name",
        ),
    ],
)
def test_a_problem_names_the_lesson_the_step_and_the_reason(step, problem):
    found = problems_of(step)

    assert len(found) == 1
    assert found[0].startswith("lesson, step 1: ")
    assert problem in found[0]


def test_conditions_are_checked_wherever_they_are():
    inner = Received(type="pong", replying_to=Sent(where=("$.[",)))
    goal = Goal("G", Sent(), (NearMiss(AllOf((inner,)), "N"),))

    (problem,) = problems_of(make_step(goals=(goal,)))

    assert "the pattern '$.[' is not valid" in problem


def test_a_lesson_needs_steps():
    assert [each.text for each in reference_problems(make_lesson())] == ["there are no steps"]


def test_every_text_needs_a_translation():
    lesson = make_lesson(make_step(Sent(), question=QUESTION), title="Hello")
    translated = {"T", "W", "I", "R", "E", "A goal", "Look.", "Q", "A", "Because"}

    problems = [str(each) for each in text_problems(lesson, translated.__contains__)]

    assert problems == [
        "lesson: a translation is missing: 'Hello'",
        "lesson, step 1: a translation is missing: 'Look again.'",
        "lesson, step 1: a translation is missing: 'B'",
    ]


def test_the_texts_of_a_step_are_all_that_a_learner_reads():
    goal = Goal("goal", Sent(), (NearMiss(Sent(), "near miss"),))
    step = make_step(goals=(goal,), question=QUESTION, links=(Link("link", "orders"),))

    assert {"goal", "near miss", "Q", "A", "B", "Because", "link", "Look."} <= set(step_texts(step))


def test_the_values_of_an_actor_have_its_name_in_front():
    names = placeholder_names(make_lesson(actors=(LessonActor(name="agent", title=""),)))

    assert {"order", "other_order", "agent", "agent_name", "agent_user_id"} <= names
    assert "friend" not in names
