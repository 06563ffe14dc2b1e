"""The learner's menu in the head: the name, the code for another machine, and the reset."""

from __future__ import annotations

import streamlit as st

from dashboard.i18n.translate import _
from dashboard.ui import formatting
from dashboard.views.training import learners


def draw() -> None:
    """Draw the menu; without a learner there is none yet."""
    name = learners.current_name()
    if not name:
        return
    with st.popover(formatting.escape_markdown(name), icon=":material/person:", key="learner-menu"):
        st.caption(_("Your progress is kept under this name on this workbench."))
        st.button(
            _("Learn under another name"),
            key="learner-change",
            icon=":material/logout:",
            on_click=learners.sign_out,
        )
        st.markdown("**" + _("Carry on elsewhere") + "**")
        st.caption(_("Enter this code on another workbench, and the steps you did are done there."))
        st.code(learners.code(), None)
        with st.form("learner-code", border=False):
            text = st.text_input(_("Code from another workbench"), key="code", max_chars=24)
            if st.form_submit_button(_("Take over its steps")):
                _take_code(text)
        _draw_reset()


def _take_code(text: str) -> None:
    error = learners.take_code(text)
    if error:
        st.error(_(error))
    else:
        st.rerun()


def _draw_reset() -> None:
    st.markdown("**" + _("Start over") + "**")
    is_sure = st.checkbox(_("Forget everything that is done"), key="reset-all-sure")
    st.button(
        _("Reset all lessons"),
        key="reset-all",
        icon=":material/replay:",
        disabled=not is_sure,
        on_click=learners.reset_all,
    )
