"""The middle and the right of a lesson: its connection, the frames on it, and their sequence."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence, Set

import streamlit as st

from client.recorded_frames import RecordedFrame
from dashboard import dependencies
from dashboard.frames import connection_status, frame_panes
from dashboard.frames.connection_tracker import NO_NOTES
from dashboard.frames.frame_panes import FrameList
from dashboard.frames.sequence_diagram import Divider, Lane
from dashboard.i18n.translate import _, current_language
from dashboard.tab_session import tab
from dashboard.ui import formatting, theme
from dashboard.ui.scenario_titles import scenario_title
from dashboard.views.training import action_texts, frame_scope, navigation, step_pane
from dashboard.views.training.lesson_run import LessonRun, RunPhase
from training.actions import LEARNER, Action, Connect, Disconnect, TokenKind
from training.lesson_types import Step


def draw_connection(run: LessonRun, step: Step | None) -> None:
    """Draw the connection with its buttons, and below it its frames."""
    if run.phase is not RunPhase.READY:
        with theme.card("lesson-connection", "", None):
            st.html(formatting.status_html(_("Your connection: not connected"), "", "muted"))
        with theme.card("lesson-frames", _("Frames"), size="even"):
            theme.draw_empty_state("swap_vert", _("No frames yet"), "")
        return
    actor = navigation.current_actor(run)
    frames = run.frames(actor)
    _draw_card(run, step, actor)
    hint = _("Send a message or connect. Frames in both directions appear here.")
    listed = FrameList(
        f"lesson-{run.serial}-{actor}",
        run.frame_list(actor),
        run.trackers[actor],
        (_("No frames yet"), hint),
        frames[-1] if frames else None,
        has_personas=False,
    )
    if actor == LEARNER:
        frame_panes.draw_frames(frames, listed, size="even")
        return
    scope = _in_scope(run, step, frames, frozenset())
    frame_panes.draw_frames(
        frames, listed, size="even", draw_toolbar=lambda: _draw_scope_toggle(frames, scope)
    )


def _draw_scope_toggle(
    frames: tuple[RecordedFrame, ...], scope: tuple[RecordedFrame, ...]
) -> tuple[tuple[RecordedFrame, ...], str]:
    """Draw the switch that also lists the events that the step is not about."""
    shows_all = st.toggle(
        _("All events"),
        key="lesson-all-events",
        help=_(
            "Also events that this step is not about: the staff receives those of all customers"
        ),
    )
    return (frames if shows_all else scope), ""


def _draw_card(run: LessonRun, step: Step | None, actor: str) -> None:
    tracker = run.trackers[actor]
    address = dependencies.settings().socket_url
    title, detail, tone = connection_status.status(tracker.summary, time.time(), address)
    with theme.card("lesson-connection", "", None):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", key="lesson-status"
        ):
            st.html(formatting.status_html(title, "", tone), width="stretch")
            _draw_connect(run, actor)
        lines = f'<div class="row quiet one-line">{html.escape(detail)}</div>'
        st.html(lines + connection_status.subscriptions_html(tuple(tracker.subscriptions)))
        buttons = step.buttons if step else ()
        if buttons:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="xsmall", key="lesson-actions"
            ):
                for number, action in enumerate(buttons):
                    _draw_action(run, action, number)
        if problem := step_pane.problem_text(run):
            st.html(formatting.status_html(_("This did not work"), problem, "bad"))


def _draw_connect(run: LessonRun, actor: str) -> None:
    is_open = run.exercise.is_open(actor)
    kinds = action_texts.token_kinds(run.lesson)
    training = tab().training
    kind = training.token if training.token in kinds else TokenKind.VALID
    place_of_token = st.container(width="content")  # always there: the button keeps its place
    if len(kinds) > 1 and not is_open:
        key = f"lesson-token-{run.serial}-{current_language()}"

        def choose() -> None:
            training.token = st.session_state[key]

        place_of_token.selectbox(
            _("Token"),
            kinds,
            index=kinds.index(kind),
            key=key,
            format_func=lambda each: _(action_texts.TOKEN_TITLES[each]),
            label_visibility="collapsed",
            on_change=choose,
            width=176,
        )
    st.button(
        _("Disconnect") if is_open else _("Connect"),
        key="lesson-connect",
        icon=":material/link_off:" if is_open else ":material/link:",
        on_click=run.perform,
        args=(Disconnect(by=actor) if is_open else Connect(token=kind, by=actor),),
        width=132,
    )


def _draw_action(run: LessonRun, action: Action, number: int) -> None:
    text = action_texts.action_text(action)
    if text is None:
        return
    values = {
        name: scenario_title(value) if name == "scenario" else value for name, value in text.values
    }
    st.button(
        formatting.escape_markdown(_(text.text).format(**values)),
        key=f"lesson-action-{number}",
        icon=f":material/{text.icon}:",
        on_click=run.perform,
        args=(action,),
    )


def draw_sequence(run: LessonRun, step: Step | None) -> None:
    """Draw the frames between the actors and the server, with those that met the goal marked."""
    if run.phase is not RunPhase.READY:
        frame_panes.draw_sequence(Lane(_("you"), (), lambda _seq: NO_NOTES))
        return
    names = [each.name for each in run.actors if run.frames(each.name)] or [LEARNER]
    own, *others = [_lane(run, step, name) for name in names]
    divider = None
    if run.lesson is not None and (began := _began_at(run)):
        divider = Divider(began, _("this step"))
    frame_panes.draw_sequence(own, lambda: others[0] if others else None, divider)


def _began_at(run: LessonRun) -> float:
    """Return the time of the step's first frame, in seconds since the epoch; 0 without frames."""
    counted = (
        frame.at
        for actor in run.actors
        for frame in run.frames(actor.name)
        if frame.seq >= run.exercise.first_seq(actor.name)
    )
    return min(counted, default=0.0)


def _lane(run: LessonRun, step: Step | None, actor: str) -> Lane:
    frames, marked = run.frames(actor), _met_frames(run, actor)
    if actor != LEARNER:
        frames = _in_scope(run, step, frames, marked)
    name = navigation.actor_title(run, actor).partition(" · ")[0]
    return Lane(name, frames, run.trackers[actor].notes, marked)


def _in_scope(
    run: LessonRun, step: Step | None, frames: Sequence[RecordedFrame], marked: Set[int]
) -> tuple[RecordedFrame, ...]:
    types = frame_scope.types_of(step, run.frames(LEARNER))
    conversation = run.exercise.values.get("conversation", "")
    return frame_scope.in_scope(frames, types, conversation, marked)


def _met_frames(run: LessonRun, actor: str) -> Set[int]:
    if run.lesson is None:
        return frozenset()
    goals = run.exercise.result().goals
    return {ref.seq for goal in goals if goal.is_met for ref in goal.frames if ref.actor == actor}
