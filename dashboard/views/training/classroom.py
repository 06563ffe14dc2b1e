"""The class, as its trainer sees it: who is where, and where people get stuck."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable

import streamlit as st

from common.text_markers import N_
from dashboard import dependencies
from dashboard.i18n.translate import _, current_language, ngettext
from dashboard.ui import formatting, tables, theme
from dashboard.ui.tables import Column
from dashboard.web import class_download
from training import progress
from training.lessons.catalogue import LESSONS
from training.progress import LearnerStatus, StepDifficulty

VIEW_PARAM = "training"
LESSONS_VIEW, CLASS_VIEW = "lessons", "class"
VIEWS = {LESSONS_VIEW: N_("Lessons"), CLASS_VIEW: N_("Class")}
HELP, HERE, AWAY = N_("may need help"), N_("here"), N_("away")
NO_LESSON = N_("no lesson open")
MAX_STEPS = 12  # of those where people get stuck
PLACEHOLDER = re.compile(r"\{\w+\}")


def draw(live_line: Callable[[str], None]) -> None:
    """Draw the class."""
    try:
        learners = dependencies.learner_files().all()
    except OSError as error:
        with st.container(border=True, key="pane-class", height=theme.HEIGHTS["pane"]):
            title = _("The learners' files could not be read")
            theme.draw_empty_state("folder_off", title, formatting.escape_markdown(str(error)))
        return
    count = ngettext("{count} learner", "{count} learners", len(learners)).format(
        count=len(learners)
    )
    live_line(count)
    now = time.time()
    rows = [progress.learner_status(each, LESSONS.values(), now) for each in learners]
    rows.sort(key=lambda row: (not row.may_need_help, not row.is_here, row.learner.name))
    aside = _("nobody's messages are shown here")
    download = ""
    if rows:
        words, path = html.escape(_("Download (CSV)")), class_download.url_path(current_language())
        download = f'<a download href="{path}">{words}</a>'
    with theme.card("class", _("Class"), f"<span>{count} · {aside}</span>{download}", size="pane"):
        if not rows:
            theme.draw_empty_state(
                "school",
                _("Nobody has begun yet"),
                _("Learners open *Training*, type a name and begin a lesson: then they are here."),
            )
            return
        tables.draw_table(
            rows,
            _columns(),
            "class",
            row_id=lambda row: row.learner.name,
            alt=_("Class"),
            visible_rows=min(len(rows), 12),
        )
        words = _(
            "✓ done, 2/4: two of four steps are done. After 10 minutes on one step, a learner may "
            "need help. Away: for a minute, no tab with the lesson has been connected."
        )
        st.html(f'<div class="row quiet">{words}</div>')
        _draw_difficulties(progress.step_difficulties(learners, LESSONS.values()))


def _columns() -> dict[str, Column[LearnerStatus]]:
    total = len(LESSONS)
    columns: dict[str, Column[LearnerStatus]] = {
        _("Learner"): tables.text_column(130, lambda row: row.learner.name, grows=True),
        _("Lessons"): tables.progress_column(
            120,
            lambda row: row.lessons_done,
            total,
            lambda row: f"{row.lessons_done} / {total}",
        ),
    }
    for number, (name, lesson) in enumerate(LESSONS.items(), 1):
        columns[str(number)] = tables.text_column(
            38, _lesson_cell(name, len(lesson.steps)), f"{number} {_(lesson.title)}"
        )
    columns |= {
        _("Now at"): tables.text_column(230, _place, grows=True),
        _("On it for"): tables.right_aligned_column(
            70,
            lambda row: formatting.format_duration(row.seconds) if _is_at_work(row) else "",
            _("The time on this step; it stands still while the learner is away"),
        ),
        _("Attempts"): tables.right_aligned_column(
            66, lambda row: _count(row, row.step_progress.attempts)
        ),
        _("Hints"): tables.right_aligned_column(
            64, lambda row: _count(row, row.step_progress.hints)
        ),
        _("State"): tables.chips_column(
            112, lambda row: _(_state(row)), {_(HELP): "warn", _(HERE): "ok"}
        ),
    }
    return columns


def _state(row: LearnerStatus) -> str:
    if row.learner.current is None:
        return NO_LESSON
    return HELP if row.may_need_help else HERE if row.is_here else AWAY


def _lesson_cell(name: str, steps: int) -> Callable[[LearnerStatus], str]:
    def cell(row: LearnerStatus) -> str:
        done = row.steps_done[name]
        return "✓" if done >= steps else f"{done}/{steps}" if done else ""

    return cell


def _place(row: LearnerStatus) -> str:
    """Say which step a learner is on."""
    current = row.learner.current
    if row.lessons_done == len(LESSONS):
        return _("all done")
    lesson = LESSONS.get(current.lesson) if current else None
    if current is None or lesson is None:
        return ""
    number = [*LESSONS].index(current.lesson) + 1
    step = _("step {n} of {count}").format(n=current.step + 1, count=len(lesson.steps))
    return f"{number} {_(lesson.title)} · {step}"


def _count(row: LearnerStatus, count: int) -> str:
    return formatting.format_number(count) if _is_at_work(row) else ""


def _is_at_work(row: LearnerStatus) -> bool:
    """Return whether the learner has a step that the numbers are of."""
    return row.learner.current is not None and row.lessons_done < len(LESSONS)


def _draw_difficulties(found: tuple[StepDifficulty, ...]) -> None:
    if not found:
        return
    title, aside = _("Where people get stuck"), _("most attempts beyond the solution's first")
    heading = f'<b role="heading" aria-level="2">{title}</b>'
    st.html(formatting.split_row_html(heading, aside, "quiet stuck"))
    rows = found[:MAX_STEPS]
    columns: dict[str, Column[StepDifficulty]] = {
        _("Step"): tables.text_column(300, _step_title),
        _("Learners"): tables.number_column(80, lambda row: row.learners),
        _("Attempts each"): tables.right_aligned_column(
            100, lambda row: formatting.format_number(row.attempts / row.learners, 1)
        ),
        _("Most frequent mistake"): tables.text_column(420, _mistake, grows=True),
    }
    tables.draw_table(
        rows,
        columns,
        "stuck",
        row_id=lambda row: f"{row.lesson}-{row.step}",
        alt=_("Where people get stuck"),
        visible_rows=len(rows),
    )


def _step_title(row: StepDifficulty) -> str:
    number = [*LESSONS].index(row.lesson) + 1
    return f"{number}.{row.step + 1} · {_(LESSONS[row.lesson].steps[row.step].title)}"


def _mistake(row: StepDifficulty) -> str:
    """Return the explanation that was given most often, without what each learner has."""
    if not row.near_miss:
        return ""
    text = _(row.near_miss).replace("{n}", "n").replace("`", "").replace("**", "")
    text = PLACEHOLDER.sub("…", text)
    return f"{row.near_miss_count} × {text}"
