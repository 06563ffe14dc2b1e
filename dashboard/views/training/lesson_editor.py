"""The editor of a lesson: who sends, a template, the frame, and the check of its JSON.

It is outside of the fragments that are redrawn periodically, so that typing is not disturbed.  A
text that the page writes makes another widget: a message that the browser sent before it, with the
text before, then changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import streamlit as st

from common.text_markers import N_
from dashboard import dependencies
from dashboard.frames import json_editor, templates
from dashboard.frames.templates import TemplateValues
from dashboard.i18n.translate import _, current_language
from dashboard.tab_session import tab
from dashboard.ui import theme
from dashboard.views.training import navigation
from dashboard.views.training.lesson_run import LessonRun, RunPhase
from protocol.simulator_api import ShopLanguage
from training.actions import LEARNER, Publish, Send

OWN_DRAFT = "draft"
OWN_DRAFT_TITLE = N_("the frame of this step")
EDITOR_PX = 152
TEMPLATES = (OWN_DRAFT, *(t for t in templates.TEMPLATE_NAMES if not templates.is_publication(t)))
SANDBOX_TEMPLATES = templates.TEMPLATE_NAMES


def write(text: str) -> None:
    """Write a text into the editor; in a callback, or before the editor is drawn."""
    tab().training.draft = text
    tab().training.draft_version += 1


def draw(run: LessonRun, draft: str) -> None:
    """Draw the editor; ``draft`` is the frame that the step begins with."""
    is_ready = run.phase is RunPhase.READY
    with theme.card("lesson-editor", "", None):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key="lesson-editor-head"
        ):
            _draw_actor(run)
            st.space("stretch")
            _draw_template_choice(run, draft, is_ready)
        key = _text_key()
        text = st.text_area(
            _("Frame"),
            tab().training.draft,
            height=EDITOR_PX,
            key=key,
            label_visibility="collapsed",
            on_change=lambda: setattr(tab().training, "draft", st.session_state[key]),
        )
        tab().training.draft = text
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key="lesson-send"
        ):
            _draw_send_button(run, text, is_ready)
            st.fragment(_draw_check)(run, is_ready)


def _text_key() -> str:
    return f"draft-lesson-{tab().training.draft_version}"


def _live_key() -> str:
    return f"json-editor-lesson-{tab().training.draft_version}"


def _draw_actor(run: LessonRun) -> None:
    """Draw the choice of who sends; only the learner can, in most lessons."""
    actors = run.actors
    if len(actors) == 1:
        title = _("Your message")
        st.html(f'<b role="heading" aria-level="2">{title}</b>', width="content")
        return
    names = [actor.name for actor in actors]
    titles = {actor.name: navigation.actor_title(run, actor.name) for actor in actors}
    st.segmented_control(
        _("Act as"),
        names,
        default=tab().training.actor if tab().training.actor in names else LEARNER,
        required=True,
        key=f"actor-{run.name}-{current_language()}",
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        on_change=_choose_actor,
        args=(f"actor-{run.name}-{current_language()}",),
    )


def _choose_actor(key: str) -> None:
    tab().training.actor = st.session_state[key]


def _draw_template_choice(run: LessonRun, draft: str, is_ready: bool) -> None:
    names = SANDBOX_TEMPLATES if run.lesson is None else TEMPLATES
    key = f"lesson-template-{tab().training.draft_version}-{current_language()}"

    def choose() -> None:
        if name := st.session_state[key]:
            values = template_values(run.exercise.values)
            write(draft if name == OWN_DRAFT else templates.render_template(name, "r1", values))

    titles: Mapping[str, str] = {OWN_DRAFT: OWN_DRAFT_TITLE, **templates.TEMPLATE_TITLES}
    st.selectbox(
        _("Template"),
        names,
        index=None,
        key=key,
        placeholder=_("Template"),
        format_func=lambda name: _(titles[name]),
        label_visibility="collapsed",
        disabled=not is_ready,
        on_change=choose,
        width=190,
    )


def template_values(values: Mapping[str, str]) -> TemplateValues:
    """Return what templates take from the learner's exercise."""
    order, user = values.get("order", "ord_1"), values.get("user_id", "user_1")
    shop = dependencies.feed().snapshot().shop
    return TemplateValues(
        user_id=user,
        tenant_id=dependencies.settings().tenant,
        order_id=order,
        channel=f"order:{order}",
        recovered_channel=f"order:{order}",
        language=shop.language if shop else ShopLanguage(current_language()),
        at=time.time(),
    )


def _draw_check(run: LessonRun, is_ready: bool) -> None:
    """Draw what is wrong with the text and its size, as it is typed."""
    committed = tab().training.draft
    typed = json_editor.typed_text(_live_key())
    text = committed if typed is None else typed.text
    with st.container(key="lesson-check", border=False, gap="xsmall"):
        st.html(json_editor.check_html(text, _is_publication(run, text)))
    json_editor.draw_colours(
        _live_key(), text, text_key=_text_key(), button_key="send-lesson", blocked=not is_ready
    )


def _is_publication(run: LessonRun, text: str) -> bool:
    """Return whether a text is sent over HTTP; in a lesson, everything is a frame."""
    return run.lesson is None and templates.is_publication_text(text)


def _draw_send_button(run: LessonRun, text: str, is_ready: bool) -> None:
    st.button(
        _("Publish") if _is_publication(run, text) else _("Send"),
        key="send-lesson",
        type="primary",
        icon=":material/send:",
        shortcut="ctrl+enter",
        disabled=not is_ready,
        on_click=_send,
        args=(run,),
    )


def _send(run: LessonRun) -> None:
    text: str = st.session_state[_text_key()]
    tab().training.draft = text
    actor = navigation.current_actor(run)
    rows = run.frame_list(actor)
    rows.release()  # so that the answer is visible
    rows.selected = None
    if _is_publication(run, text):
        run.perform(Publish(text))
    else:
        run.perform(Send(text, by=actor))
