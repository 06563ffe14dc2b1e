"""The class as a table for spreadsheets: one row for each learner and lesson.  Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from common.text_markers import N_
from training.lesson_types import Lesson
from training.progress import Learner, summarize

COLUMNS = (
    N_("Learner"),
    N_("Lesson"),
    N_("Steps done"),
    N_("Steps"),
    N_("Attempts"),
    N_("Hints"),
    N_("Minutes"),
    N_("Done at (UTC)"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(
    learners: Iterable[Learner],
    lessons: Iterable[Lesson],
    translate: Callable[[str], str] = str,
) -> bytes:
    """Return the lessons that each learner has begun, with a byte order mark for Excel.

    Times are minutes with one decimal.  A text that a spreadsheet would take for a formula gets an
    apostrophe in front: learners choose their names.
    """
    known = tuple(lessons)
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow([translate(column) for column in COLUMNS])
    for learner in learners:
        for lesson in known:
            if lesson.name not in learner.lessons:
                continue
            found = summarize(learner, lesson)
            done_at = ""
            if found.done_at is not None:
                done_at = datetime.fromtimestamp(found.done_at, UTC).strftime("%Y-%m-%d %H:%M")
            writer.writerow(
                [
                    _as_text(learner.name),
                    _as_text(translate(lesson.title)),
                    found.steps_done,
                    found.steps,
                    found.attempts,
                    found.hints,
                    f"{found.seconds / 60:.1f}",
                    done_at,
                ]
            )
    return table.getvalue().encode("utf-8-sig")


def _as_text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
