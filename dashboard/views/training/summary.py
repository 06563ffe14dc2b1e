"""The summary: what a learner has done in all lessons."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.ui import formatting, page_frame, theme
from dashboard.views.training import catalogue, learners, navigation
from training import progress
from training.lesson_types import Lesson


def draw(lessons: Sequence[Lesson]) -> None:
    """Draw the page."""
    live_line = page_frame.header(_("Training"))
    done = [lesson for lesson in lessons if catalogue.is_done(lesson)]
    words = ngettext(
        "{done} of {count} lesson done", "{done} of {count} lessons done", len(lessons)
    ).format(done=len(done), count=len(lessons))
    with (
        st.container(key="page"),
        st.container(
            border=True,
            key="pane-summary",
            height=theme.HEIGHTS["pane"],
            horizontal_alignment="center",
            vertical_alignment="center",
        ),
        st.container(width=760, gap="small", key="summary"),
    ):
        is_whole = len(done) == len(lessons)
        title = _("All lessons are done") if is_whole else words
        facts = " · ".join(_facts(lessons))
        st.html(
            '<div class="summary-head"><div class="ms" aria-hidden="true">workspace_premium</div>'
            f"<h2>{html.escape(title)}</h2>"
            f"<p><b>{html.escape(learners.current_name())}</b> · {html.escape(facts)}</p></div>"
            + _table(lessons)
        )
        with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall"):
            st.button(
                _("Open the sandbox"),
                key="summary-sandbox",
                icon=":material/terminal:",
                type="primary",
                on_click=navigation.open_sandbox,
            )
            st.button(
                _("All lessons"),
                key="all-lessons",
                icon=":material/apps:",
                on_click=navigation.leave,
            )
    page_frame.redraw_periodically(navigation.PAGE, lambda: live_line(words), "line")


def _facts(lessons: Sequence[Lesson]) -> list[str]:
    """Return when it was done, how long it took, and how many steps and hints it were."""
    found = [progress.summarize(learners.current(), lesson) for lesson in lessons]
    done_at = max((each.done_at for each in found if each.done_at), default=None)
    steps, hints = sum(each.steps_done for each in found), sum(each.hints for each in found)
    texts = [
        formatting.format_duration(sum(each.seconds for each in found)),
        ngettext("{count} step", "{count} steps", steps).format(count=steps),
        ngettext("{count} hint", "{count} hints", hints).format(count=hints),
    ]
    return [formatting.format_date(done_at), *texts] if done_at else texts


def _table(lessons: Sequence[Lesson]) -> str:
    heads = "".join(
        f"<th scope='col'>{html.escape(text)}</th>"
        for text in ("", _("Lesson"), _("What it was about"), _("Messages / fewest"))
    )
    rows = ""
    for lesson in lessons:
        is_done = catalogue.is_done(lesson)
        mark = '<span class="nth met">✓</span>' if is_done else '<span class="nth"></span>'
        found = progress.summarize(learners.current(), lesson)
        numbers = ""
        if found.messages:
            fewest = formatting.format_number(found.fewest_messages)
            used = formatting.format_number(found.messages)
            numbers = f'{used} <span class="quiet">/ {fewest}</span>'
        rows += (
            f"<tr><td>{mark}</td><td>{html.escape(_(lesson.title))}</td>"
            f"<td class='quiet'>{html.escape(_(lesson.teaches))}</td><td>{numbers}</td></tr>"
        )
    return f"<table class='summary'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
