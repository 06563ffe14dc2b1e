"""A conversation seen from both ends, and the staff's list of all of them."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import commands, look, marks, tables
from dashboard.party import NotSaid, Party
from dashboard.personas import Persona
from dashboard.shared import feed
from dashboard.tables import Column
from dashboard.talks import SIMULATED, Line, Talk
from dashboard.words import _, ngettext

LONGEST = 2000  # characters, as the server has it
QUEUE = 5  # lines of the list
OPENED, TALK = "inbox-opened", "talk"  # when this tab began to read; which conversation
SEEN, TROUBLE = "inbox-seen", "inbox-trouble"

state = st.session_state


def customer(me: Persona, party: Party, talk: Talk | None) -> None:
    """Draw the customer's end; without a conversation the first words open one."""
    with look.card("chat-customer", me.name, marks.chip(f"user:{me.user_id}", "user"), size="pane"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("With the shop's support") if talk else _("A new conversation"))
            st.button(
                _("New conversation"),
                icon=":material/add_comment:",
                key="new-talk",
                type="tertiary",
                disabled=talk is None,
                on_click=choose,
                args=("",),
            )
        hint = _("Write below: the support's pane gets it on a socket of its own.")
        bubbles("customer", party, talk, me.user_id, _("Nothing said yet"), hint)
        say("customer", _("Write to support"), party, talk)


def staff(me: Persona, party: Party, talk: Talk | None, talks: tuple[Talk, ...]) -> None:
    """Draw the staff's end: every conversation, and the one that the customer's pane shows."""
    unread = sum(unseen(one, me) > 0 for one in talks)
    aside = ngettext("{count} unread", "{count} unread", unread).format(count=unread)
    chip = marks.chip(f"tenant:{me.tenant or feed().tenant}", "tenant")
    title = _("{name}, support").format(name=me.name)
    with look.card("chat-staff", title, f"{aside} {chip}", size="pane"):
        queue(talks, me)
        if talk:
            state[SEEN][talk.id] = talk.latest_at
        hint = _("Choose a conversation above, or write as the customer at the left.")
        bubbles("staff", party, talk, me.user_id, _("No conversation is open"), hint)
        if talk:
            whose(talk)
        say("staff", _("Answer as {name}").format(name=me.name), party, talk, must_have=True)


def queue(talks: tuple[Talk, ...], me: Persona) -> None:
    """List the conversations, the latest first; a click shows one at both ends."""
    where = marks.zone()
    columns: dict[str, Column[Talk]] = {
        "": tables.text(18, lambda talk: "▶" if talk.id == state[TALK] else ""),
        _("New"): tables.figure(36, lambda talk: str(unseen(talk, me) or "")),
        _("Customer"): tables.press(116, whom, "talks-press", talks, pick),
        _("Time"): tables.text(60, lambda talk: marks.clock(talk.latest_at, where=where)),
        _("Last words"): tables.text(120, lambda talk: talk.lines[-1].words if talk.lines else ""),
    }
    alt = _("Conversations")
    tables.table(talks, columns, "talks", lines=QUEUE, picked=pick, alt=alt)


def whom(talk: Talk) -> str:
    """Name the customer of a conversation, once that is known."""
    return talk.customer.name if talk.customer else "…"


def pick(talk: Talk | None) -> None:
    """Show the conversation that was clicked, and its customer."""
    if talk and talk.customer:
        state.customer = talk.customer
        choose(talk.id)


def choose(talk_id: str) -> None:
    """Show a conversation, or none to begin a new one."""
    state[TALK] = talk_id


def unseen(talk: Talk, me: Persona) -> int:
    """Count what this tab's staff has not seen there since the tab was opened."""
    return talk.unread(me.user_id, max(state[OPENED], state[SEEN].get(talk.id, 0.0)))


def bubbles(side: str, party: Party, talk: Talk | None, own: str, nothing: str, hint: str) -> None:
    """Draw what was said, the newest at the foot, one's own words at the right."""
    with st.container(height="stretch", border=False, key=f"talk-{side}"):
        link = party.line.link()
        if not link.is_live:
            return look.empty("cloud_off", link.title(), marks.plain(link.words(feed().now())))
        if talk is None or not talk.lines:
            return look.empty("forum", nothing, hint)
        said = "".join(bubble(line, own) for line in talk.lines)
        st.html(f'<div class="talk">{said}</div>')


def bubble(line: Line, own: str) -> str:
    """Draw one thing that was said; whose it is, where it is not one's own."""
    mine = line.sender_id == own
    machine = _("simulated")
    by = f"{line.sender} · {machine} · " if line.sender_id == SIMULATED else f"{line.sender} · "
    if mine:
        by = ""
    at = html.escape(f"{by}{marks.clock(line.at)}")
    side = "mine" if mine else "theirs"
    return f'<div class="{side}">{html.escape(line.words)}<small>{at}</small></div>'


def whose(talk: Talk) -> None:
    """Say who answers here, and let a person take it from the machine without a word."""
    person = talk.person()
    if person or talk.id in state.taken:
        name = person.sender if person else _("You")
        st.caption(
            _("{name} answers here; the simulated agent has stepped back.").format(name=name)
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("The simulated agent answers, until a person does."), width="stretch")
        st.button(
            _("Take it over"),
            icon=":material/front_hand:",
            key="take",
            type="tertiary",
            on_click=take,
            args=(talk.id,),
        )


def take(talk_id: str) -> None:
    """Have the simulated agent leave a conversation to people."""
    commands.tell("take_conversation", conversation=talk_id)
    outcome = commands.outcome()
    if outcome and not outcome.why:
        state.taken.add(talk_id)
    else:
        state[TROUBLE] = outcome.why if outcome else ""


def say(side: str, prompt: str, party: Party, talk: Talk | None, must_have: bool = False) -> None:
    """Take what somebody writes, and send it over their own socket."""
    words = st.chat_input(
        prompt,
        key=f"say-{side}",
        max_chars=LONGEST,
        disabled=not party.line.link().is_live or (must_have and talk is None),
    )
    if words:
        try:
            choose(party.say(words, talk.id if talk else None))
        except NotSaid as why:
            state[TROUBLE] = _(str(why))
        st.rerun(scope="fragment")
