"""Training: lessons that are done on a real connection, and their progress."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.ui import formatting, page_frame, url_select
from dashboard.views.training import (
    catalogue,
    classroom,
    learner_menu,
    learners,
    lesson_page,
    navigation,
    summary,
)
from dashboard.views.training.navigation import OpenLesson
from training.lesson_types import Lesson
from training.lessons.catalogue import LESSONS


def draw_head_actions() -> None:
    """Draw the choice between lessons and class, and the learner's menu."""
    url_select.select(
        navigation.PAGE,
        classroom.VIEW_PARAM,
        _("View"),
        classroom.VIEWS,
        element=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        width="content",
    )
    learner_menu.draw()


def draw_overview() -> None:
    """Draw the catalogue, or the class."""
    live_line = page_frame.header(_("Training"), draw_actions=draw_head_actions)
    if (
        url_select.selected(navigation.PAGE, classroom.VIEW_PARAM, classroom.VIEWS)
        == classroom.CLASS_VIEW
    ):
        page_frame.redraw_periodically(navigation.PAGE, lambda: classroom.draw(live_line))
        return
    with st.container(key="page", gap="xsmall"):
        catalogue.draw(own)
    # Last, so that a lesson takes the catalogue's place at once, not below it until the run ends.
    page_frame.redraw_periodically(
        navigation.PAGE, lambda: live_line(catalogue_line(lessons)), "line"
    )


def catalogue_line(lessons: tuple[Lesson, ...]) -> str:
    """Say how many lessons are done, and how long the others take."""
    left = [lesson for lesson in lessons if not catalogue.is_done(lesson)]
    words = ngettext(
        "{done} of {count} lesson done", "{done} of {count} lessons done", len(lessons)
    )
    text = words.format(done=len(lessons) - len(left), count=len(lessons))
    if not left:
        return text
    minutes = formatting.format_minutes(sum(lesson.minutes for lesson in left))
    return f"{text} · " + _("about {time} left").format(time=minutes)


lessons = tuple(LESSONS.values())
numbers = {name: number for number, name in enumerate(LESSONS, 1)}
own = catalogue.own_lessons()
known = {**LESSONS, **{lesson.name: lesson for lesson in own.lessons}}
learners.keep_in_url()
wanted = navigation.lesson_name() if learners.current_name() else ""
if wanted in known:
    lesson = known[wanted]
    step = min(navigation.step_number(), len(lesson.steps) - 1)
    done = learners.done_steps(lesson)
    lesson_page.draw(OpenLesson(lesson, numbers.get(wanted, 0), step, done))
elif wanted == navigation.SANDBOX:
    lesson_page.draw_sandbox()
elif wanted == navigation.SUMMARY:
    summary.draw(lessons)
else:
    draw_overview()
