"""Console: send frames by hand, inspect them, and run conformance tests."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, marks, personas
from dashboard.console import compose, panes, situation, tab, trial_list
from dashboard.console.frames import Frame
from dashboard.console.situation import Phase, Situation
from dashboard.console.trials import Verdict
from dashboard.words import _, ngettext

state = st.session_state


def told(now: Situation) -> str:
    """Return the status of the persona's connection."""
    match now.phase:
        case Phase.NEVER | Phase.CONNECTING:
            return _("connecting to {address}").format(address=tab.place().socket_url)
        case Phase.ENDED:
            ended = now.ending.label if now.ending else ""
            return _("{ended} at {at}; Send reconnects").format(
                ended=ended, at=marks.clock(now.since)
            )
        case Phase.OPEN if not now.user:
            return _("open since {at}, not signed in").format(at=marks.clock(now.since))
        case Phase.OPEN:
            pass
    who = " · ".join(filter(None, (now.user, now.role, now.tenant)))
    words = _("signed in as {who}").format(who=who)
    if now.expires_at is not None:
        left = max(0.0, now.expires_at - frame.moment().at)
        words += " · " + _("token expires in {time}").format(time=marks.span(left))
    return words


def held(live: tuple[Frame, ...], whose: str) -> tuple[Frame, ...]:
    """Return the frames, or while the tab is paused those of that moment."""
    if not state.get("held"):
        state.pop("console_held", None)
        return live
    kept: dict[str, tuple[Frame, ...]] = state.setdefault("console_held", {})
    return kept.setdefault(whose, live)


def conversation() -> None:
    """Draw the frames of the persona's connection."""
    whose = state[personas.KEY]
    shown = held(tab.wire(persona).record.frames(), whose)
    live_line(told(situation.read(shown)))
    hint = _("Send a message or connect. Frames in both directions appear here.")
    if not state.get(panes.EVENTS, True):
        shown = tuple(each for each in shown if not each.is_event)
    middle, right = st.columns([568, 292], gap="xsmall")
    with middle:
        panes.listed(shown, whose, (_("No frames yet"), hint), sending=sending)
    with right:
        panes.drawn(shown, title.partition(" · ")[0])


def trials() -> None:
    """Draw the conformance tests and the frames of the selected one."""
    results = tab.trials().results()
    running = sum(each.verdict is Verdict.RUNNING for each in results.values())
    words = ngettext("{count} test running", "{count} tests running", running)
    live_line(words.format(count=running) if running else tab.place().socket_url)
    name = trial_list.chosen()
    result = results.get(name)
    shown = result.frames if result else ()
    left, middle, right = st.columns([566, 398, 226], gap="xsmall")
    with left:
        trial_list.draw(results)
    with middle:
        hint = _("Run the tests, then select one to see its frames.")
        answer = result.answer if result else None
        panes.listed(shown, name, (_("No test selected"), hint), answer)
    with right:
        panes.drawn(shown, _("test client"))


persona = personas.chosen()
title = _(personas.TITLES[state[personas.KEY]])
sending = tab.Sending(tab.wire(persona), persona)
if not sending.wire.record.frames():
    sending.open()
live_line = frame.header(_("Console"))
if compose.mode() == compose.TRIALS:
    frame.live("console", trials)
else:
    left, rest = st.columns([320, 867], gap="xsmall")
    with left:
        compose.draw(sending)
    with rest:
        frame.live("console", conversation)
