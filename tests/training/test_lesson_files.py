import re
from pathlib import Path

import pytest

from training.actions import Connect, Send
from training.conditions import Received, Sent
from training.lesson_files import (
    MAX_BYTES,
    InvalidLessonFile,
    load_lesson,
    load_own_lessons,
    parse_lesson,
)

LESSON = """\
name = "own"
title = "Own lesson"
minutes = 5
teaches = "Something."
terms = ["ping"]
wrap_up = "Done."

[[steps]]
title = "First"
instruction = "Send a ping."
reason = "Because."
explanation = "It worked."
hints = ["Look.", "Look again."]
resume = [{ kind = "connect" }]
solution = [
  { kind = "send", text = '''
{"type": "ping", "id": "p1"}''' },
]

[[steps.goals]]
text = "A pong"
condition = { kind = "received", type = "pong", replying_to = { kind = "sent", type = "ping" } }

[[steps.goals.near_misses]]
text = "Frame {n} has no id."
attempt = { kind = "sent", lacks = ["id"] }

[steps.question]
text = "Why?"

[[steps.question.choices]]
name = "so"
text = "So"

[[steps.question.choices]]
name = "not"
text = "Not"
explanation = "No."
"""


def test_a_lesson_is_data():
    lesson = parse_lesson("own.toml", LESSON.encode())

    (step,) = lesson.steps
    assert (lesson.name, step.title) == ("own", "First")
    assert step.resume == (Connect(),)
    assert step.solution == (Send('{"type": "ping", "id": "p1"}'),)
    assert step.goals[0].condition == Received(type="pong", replying_to=Sent(type="ping"))
    assert step.goals[0].near_misses[0].attempt == Sent(lacks=("id",))
    assert [choice.name for choice in step.question.choices] == ["so", "not"]


def line_of(text):
    return LESSON[: LESSON.index(text)].count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after", "line", "reason"),
    [
        ("minutes = 5", 'minutes = "five"', "minutes", "Expected `int`, got `str`"),
        ("minutes = 5", "minutes = 0", "minutes", "Expected `int` >= 1"),
        ("minutes = 5", "minuets = 5", "minutes", "unknown field `minuets`"),
        ("minutes = 5", "minutes = ", "minutes", "Invalid value"),
        ('name = "own"', 'name = "Own lesson"', 'name = "own"', "matching regex"),
        ('title = "First"\n', "", "[[steps]]", "missing required field `title`"),
        ('kind = "connect"', 'kind = "conect"', "resume", "Invalid value 'conect'"),
        ('{ kind = "send"', '{ kind = "run"', "solution = [", "Invalid value 'run'"),
        ('kind = "send", ', 'kind = "send", to = 1, ', "solution = [", "unknown field `to`"),
        ('lacks = ["id"]', 'lacks = "id"', "attempt", "Expected `array`, got `str`"),
        ('text = "Why?"', "text = 1", 'text = "Why?"', "Expected `str`, got `int`"),
        ('text = "Not"', "text = 1", 'text = "Not"', "Expected `str`, got `int`"),
        ('explanation = "No."\n', "", "[[steps]]", "step 1: the question has 2 right choices"),
        ('"Look again."', '"Look"', "[[steps]]", "step 1: a hint is not longer"),
        ('"Because."', '"{ordre}"', "[[steps]]", "step 1: there is no value for {ordre}"),
        ('lacks = ["id"]', 'where = ["$.["]', "[[steps]]", "step 1: the pattern '$.['"),
    ],
)
def test_a_mistake_is_refused_with_its_line(before, after, line, reason):
    text = LESSON.replace(before, after, 1)

    with pytest.raises(InvalidLessonFile, match=re.escape(reason)) as raised:
        parse_lesson("own.toml", text.encode())

    assert str(raised.value).startswith(f"own.toml, line {line_of(line)}: ")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1: Object missing required field `name`"),
        (b'a = 1\nb = "\xff"', "line 2: not UTF-8"),
        (b"a = 1\na = 2", "line 2: Cannot overwrite a value"),
        (b"a = [", "Invalid value"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than 64 KB"),
    ],
)
def test_what_is_no_lesson_is_refused(data, reason):
    with pytest.raises(InvalidLessonFile, match=re.escape(reason)):
        parse_lesson("own.toml", data)


def test_a_folder_gives_its_lessons_and_what_is_wrong_with_the_others(tmp_path):
    folder = tmp_path / "lessons"
    folder.mkdir()
    for name, text in {
        "a.toml": LESSON,
        "b.toml": LESSON,
        "c.toml": LESSON.replace('"own"', '"hello"'),
        "d.toml": "x = 1",
        "e.txt": "no lesson",
    }.items():
        (folder / name).write_text(text)
    (folder / "f.toml").mkdir()

    own = load_own_lessons(tmp_path, {"hello"})

    assert [lesson.name for lesson in own.lessons] == ["own"]
    assert [problem.partition(":")[0] for problem in own.problems] == [
        "b.toml",
        "c.toml",
        "d.toml, line 1",
        "f.toml",
    ]


def test_without_a_folder_there_are_no_own_lessons(tmp_path):
    assert load_own_lessons(tmp_path).lessons == ()


def test_a_file_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InvalidLessonFile, match="No such file"):
        load_lesson(Path(tmp_path / "none.toml"))
