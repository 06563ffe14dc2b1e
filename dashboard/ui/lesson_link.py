"""The way back to the lesson that is under way, on the other pages."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.tab_session import tab
from training.lessons.catalogue import LESSONS

PAGE = "training"
LESSON_PARAM, STEP_PARAM = "lesson", "step"
SANDBOX, SUMMARY = "sandbox", "done"
"""What the parameter of the lesson names besides lessons."""


def text() -> str:
    """Return what the link says; empty without a lesson, and while it is shown."""
    values = tab().url_values
    name = values.remembered(PAGE, LESSON_PARAM) or ""
    if name in ("", SUMMARY) or values.page == PAGE:
        return ""
    if name == SANDBOX:
        return _("Back to the sandbox")
    step = values.remembered(PAGE, STEP_PARAM) or "1"
    if name not in LESSONS:
        return _("Back to the lesson: step {step}").format(step=step)
    words = _("Back to the lesson: {number} · step {step}")
    return words.format(number=[*LESSONS].index(name) + 1, step=step)


def draw() -> None:
    """Draw the link."""
    st.page_link("views/training/page.py", label=text(), icon=":material/school:")
