"""The class as a table that a spreadsheet opens."""

import csv
import io

from tests.training.lessons_for_tests import make_lesson, make_step
from training import progress
from training.actions import Send
from training.class_csv import to_csv
from training.conditions import Sent
from training.progress import Learner

PING = make_step(Sent(type="ping"), solution=(Send("{}"),))
HELLO = make_lesson(PING, PING, name="hello", title="Say hello")
OTHER = make_lesson(PING, name="other", title="Other")


def rows(learners, translate=str):
    text = to_csv(learners, [HELLO, OTHER], translate).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def learner_of(name, steps=(0, 1)):
    """A learner who needs two minutes and one hint for each of these steps."""
    learner = Learner(name)
    for step in steps:
        learner = progress.begin(learner, "hello", step, 1000.0 * step)
        learner = progress.record_attempt(learner, "hello", step)
        learner = progress.record_hint(learner, "hello", step, 1)
        learner = progress.record_done(learner, "hello", step, 1000.0 * step + 120, 1)
    return learner


def test_a_row_says_what_a_learner_has_done_of_a_lesson():
    head, *table = rows([learner_of("Ada"), learner_of("Bohdan", steps=(0,)), Learner("Olena")])

    assert head == [
        "Learner", "Lesson", "Steps done", "Steps", "Attempts", "Hints", "Minutes", "Done at (UTC)",
    ]  # fmt: skip
    assert table == [
        ["Ada", "Say hello", "2", "2", "2", "2", "4.0", "1970-01-01 00:18"],
        ["Bohdan", "Say hello", "1", "2", "1", "1", "2.0", ""],
    ]


def test_a_table_is_in_the_language_of_the_page():
    head, row = rows([learner_of("Олена")], str.upper)

    assert head[:2] == ["LEARNER", "LESSON"]
    assert row[:2] == ["Олена", "SAY HELLO"]


def test_a_name_is_never_a_formula():
    _, row = rows([learner_of('=HYPERLINK("http://x")')])

    assert row[0] == '\'=HYPERLINK("http://x")'
