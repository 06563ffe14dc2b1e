"""The catalogue of lessons: three chapters, what is done, and the one thing to do next."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

from common.text_markers import N_
from dashboard import dependencies
from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from dashboard.ui import formatting, url_select
from dashboard.views.training import learners, navigation
from dashboard.views.training.classroom import CLASS_VIEW, VIEW_PARAM
from training.lesson_files import OwnLessons, load_own_lessons
from training.lesson_types import Chapter, Lesson
from training.lessons.catalogue import CHAPTERS, LESSONS

SANDBOX_TITLE = N_("Sandbox")
FIELD = ".st-key-learner-name input"


def own_lessons() -> OwnLessons:
    """Load the lessons of the data folder."""
    return load_own_lessons(Path(dependencies.settings().data_dir), LESSONS)


def draw(own: OwnLessons) -> None:
    """Draw the catalogue; without a learner, it asks for a name first."""
    _draw_problems()
    numbers = {name: number for number, name in enumerate(LESSONS, 1)}
    upcoming = next((each for each in LESSONS.values() if not is_done(each)), None)
    with st.container(key="fit-next", border=True):
        if not learners.current_name():
            _draw_name()
        elif upcoming is None:
            _draw_all_done()
        else:
            _draw_next(upcoming, numbers[upcoming.name])
    columns = st.columns(len(CHAPTERS), gap="xsmall")
    for position, (column, chapter) in enumerate(zip(columns, CHAPTERS, strict=True)):
        with column, st.container(gap="xsmall", key=f"shelf-{position}"):
            _draw_chapter_head(chapter)
            for lesson in chapter.lessons:
                is_next = lesson is upcoming
                _draw_card(lesson, str(numbers[lesson.name]), is_next)
            if len(chapter.lessons) < max(len(each.lessons) for each in CHAPTERS):
                _draw_sandbox()
    if own.lessons or own.problems:
        _draw_own(own)


def _draw_problems() -> None:
    """Say what could not be saved, and which files could not be read."""
    if why := tab().training.unsaved:
        text = _("Your progress could not be saved: {why}").format(why=why)
        st.warning(formatting.escape_markdown(text), icon=":material/save:")
    try:
        broken = dependencies.learner_files().broken_files()
    except OSError:
        return  # the same trouble as above
    if broken:
        names = ", ".join(path.name for path in broken)
        text = _(
            "A learner's file could not be read. It was kept aside, and its learner starts again: "
            "{files}"
        )
        st.warning(formatting.escape_markdown(text.format(files=names)), icon=":material/warning:")


def _draw_own(own: OwnLessons) -> None:
    with st.container(key="own-lessons", gap="xsmall"):
        title, about = html.escape(_("Own lessons")), html.escape(_("from the folder data/lessons"))
        heading = f'<b role="heading" aria-level="2">{title}</b><span class="quiet">{about}</span>'
        st.html(f'<div class="chapter"><div class="row">{heading}</div></div>')
        for problem in own.problems:
            words = _("Not shown: {problem}").format(problem=problem.replace("`", ""))
            st.html(formatting.status_html(words, "", "bad"))
        with st.grid(3, min_column_width=300, gap="xsmall"):
            for lesson in own.lessons:
                _draw_card(lesson, "+", is_next=False)


def is_done(lesson: Lesson) -> bool:
    """Return whether the learner has done every step."""
    return learners.current().has_done(lesson)


def next_step(lesson: Lesson) -> int:
    """Return the first step that is not done; the first one once all are."""
    done = learners.done_steps(lesson)
    return next((step for step in range(len(lesson.steps)) if step not in done), 0)


def _draw_banner(badge: str, state: str, title: str, about: str) -> None:
    words = f"<b>{html.escape(title)}</b><span>{html.escape(about)}</span>"
    mark = f'<span class="nth {state}">{html.escape(badge)}</span>'
    st.html(f'<div class="upcoming">{mark}<div>{words}</div></div>', width="stretch")


def _open(name: str, step: int, title: str) -> None:
    """Open a step; without a learner, ask for the name first."""
    if learners.current_name():
        navigation.open_step(name, step)
    else:
        tab().training.asked_for = (name, title)
        tab().training.name_requests += 1


def _open_asked_for() -> None:
    """Open what was asked for before the name was given, if anything was."""
    (name, _title), tab().training.asked_for = tab().training.asked_for, ("", "")
    if name:
        navigation.open_step(name, next_step(LESSONS[name]) if name in LESSONS else 0)


def _draw_name() -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="name-and-class"
    ):
        _draw_name_form()
        # A trainer has no name to give: the way to the class is where everybody else begins.
        st.button(
            _("You teach? Open the class"),
            key="open-class",
            icon=":material/groups:",
            type="tertiary",
            on_click=url_select.set_selected,
            args=(learners.PAGE, VIEW_PARAM, CLASS_VIEW),
        )
    if request := tab().training.name_requests:
        script = f"<script>/* {request} */ document.querySelector({FIELD!r})?.focus()</script>"
        st.html(script, unsafe_allow_javascript=True)


def _draw_name_form() -> None:
    with (
        st.form("learner-form", border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="center", gap="small", key="next-row"),
    ):
        about = _("Your progress is kept under it on this workbench.")
        if title := tab().training.asked_for[1]:
            about = _("Give a name first, then “{title}” opens.").format(title=_(title))
        _draw_banner("?", "next", _("What is your name?"), about)
        name = st.text_input(
            _("Your name"),
            key="learner-name",
            max_chars=40,
            label_visibility="collapsed",
            placeholder=_("Your name"),
            width=240,
        )
        if st.form_submit_button(
            _("Begin"), type="primary", icon=":material/arrow_forward:", icon_position="right"
        ) and learners.sign_in(name):
            _open_asked_for()
            st.rerun()


def _draw_all_done() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="next-row"):
        about = _("The summary says what you have learned.")
        _draw_banner("✓", "met", _("All lessons are done"), about)
        st.button(
            _("Open the summary"),
            key="open-summary",
            type="primary",
            icon=":material/workspace_premium:",
            on_click=navigation.open_summary,
        )


def _draw_next(lesson: Lesson, number: int) -> None:
    step = next_step(lesson)
    is_begun = bool(learners.done_steps(lesson))
    lead = (
        _("Go on with lesson {number}: {title}")
        if is_begun
        else _("Next: lesson {number}: {title}")
        if number > 1
        else _("Begin with lesson {number}: {title}")
    )
    title = lead.format(number=number, title=_(lesson.title))
    about = f"{_(lesson.teaches)} {formatting.format_minutes(lesson.minutes)}."
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="next-row"):
        _draw_banner(str(number), "next", title, about)
        st.button(
            _("Continue") if is_begun else _("Start"),
            key="open-next",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            on_click=navigation.open_step,
            args=(lesson.name, step),
            width=150,
        )


def _draw_chapter_head(chapter: Chapter) -> None:
    total = sum(len(lesson.steps) for lesson in chapter.lessons)
    done = sum(len(learners.done_steps(lesson)) for lesson in chapter.lessons)
    aside = f"{sum(map(is_done, chapter.lessons))} / {len(chapter.lessons)}"
    title = (
        f'<b role="heading" aria-level="2">{html.escape(_(chapter.title))}</b>'
        f'<span class="quiet">{html.escape(_(chapter.about))}</span>'
    )
    bar = formatting.progress_bar_html(done / total if total else 0.0, "accent")
    row = formatting.split_row_html(title, html.escape(aside), "quiet")
    st.html(f'<div class="chapter">{row}{bar}</div>')


def _draw_card(lesson: Lesson, badge: str, is_next: bool) -> None:
    done, whole = learners.done_steps(lesson), is_done(lesson)
    first_open = next_step(lesson)
    with st.container(
        border=True, key=f"even-lesson-{lesson.name}", gap="xsmall", height="stretch"
    ):
        state = "met" if whole else "next" if is_next else ""
        mark = "✓" if whole else badge
        steps = "".join(
            f'<li class="{_step_class(number, done, first_open)}">{html.escape(_(step.title))}</li>'
            for number, step in enumerate(lesson.steps)
        )
        time = html.escape(formatting.format_minutes(lesson.minutes))
        st.html(
            f'<div class="lesson"><span class="nth {state}">{html.escape(mark)}</span><div>'
            f'<b role="heading" aria-level="3">{html.escape(_(lesson.title))}</b>'
            f'<span class="quiet">{time}</span></div></div>'
            f'<p class="teaches">{html.escape(_(lesson.teaches))}</p>'
            f'<ul class="outline">{steps}</ul>'
        )
        st.space("stretch")
        with st.container(
            horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"foot-{lesson.name}"
        ):
            terms = "".join(f"<code>{html.escape(_(term))}</code>" for term in lesson.terms)
            st.html(f'<div class="terms-covered">{terms}</div>', width="stretch")
            label = _("Again") if whole else _("Continue") if done else _("Start")
            # The title is for screen readers: eight buttons would have one name.
            st.button(
                f"{label} **{formatting.escape_markdown(_(lesson.title))}**",
                key=f"open-{lesson.name}",
                on_click=_open,
                args=(lesson.name, first_open, lesson.title),
            )


def _step_class(number: int, done: frozenset[int], first_open: int) -> str:
    if number in done:
        return "past"
    return "now" if done and number == first_open else ""


def _draw_sandbox() -> None:
    with st.container(border=True, key="even-lesson-sandbox", gap="xsmall", height="stretch"):
        about = _(
            "No goals, no checks. A connection of your own, an editor and the diagram: try "
            "whatever you like."
        )
        title = html.escape(_(SANDBOX_TITLE))
        st.html(
            f'<div class="lesson"><span class="nth">∞</span><div>'
            f'<b role="heading" aria-level="3">{title}</b>'
            f'</div></div><p class="teaches">{html.escape(about)}</p>'
        )
        st.space("stretch")
        with st.container(horizontal=True, gap="xsmall", key="foot-sandbox"):
            st.space("stretch")
            st.button(
                _("Open") + f" **{title}**",
                key="open-sandbox",
                on_click=_open,
                args=(navigation.SANDBOX, 0, SANDBOX_TITLE),
            )
