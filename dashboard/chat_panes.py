"""The Inbox's chat panes: the customer's and the staff's view of a conversation."""

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
    """Draw the customer's pane; the first message opens a conversation."""
    with look.card("chat-customer", me.name, marks.chip(f"user:{me.user_id}", "user"), size="pane"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("Chat with support") if talk else _("New conversation"))
            st.button(
                _("New conversation"),
                icon=":material/add_comment:",
                key="new-conversation",
                type="tertiary",
                disabled=talk is None,
                on_click=choose,
                args=("",),
            )
        hint = _("Write below; the support pane receives it over its own connection.")
        bubbles("customer", party, talk, me.user_id, _("No messages yet"), hint)
        say("customer", _("Write to support"), party, talk)


def staff(me: Persona, party: Party, talk: Talk | None, talks: tuple[Talk, ...]) -> None:
    """Draw the staff's pane: all conversations, and the selected one."""
    unread = sum(unseen(one, me) > 0 for one in talks)
    aside = ngettext("{count} unread", "{count} unread", unread).format(count=unread)
    chip = marks.chip(f"tenant:{me.tenant or feed().tenant}", "tenant")
    title = _("{name}, support").format(name=me.name)
    with look.card("chat-staff", title, f"{aside} {chip}", size="pane"):
        queue(talks, me)
        if talk:
            state[SEEN][talk.id] = talk.latest_at
        hint = _("Select a conversation above, or write as the customer on the left.")
        bubbles("staff", party, talk, me.user_id, _("No conversation open"), hint)
        if talk:
            whose(talk)
        say("staff", _("Reply as {name}").format(name=me.name), party, talk, must_have=True)


def queue(talks: tuple[Talk, ...], me: Persona) -> None:
    """Draw the conversations, latest first; selecting one shows it in both panes."""
    where = marks.zone()
    columns: dict[str, Column[Talk]] = {
        "": tables.text(18, lambda talk: "▶" if talk.id == state[TALK] else ""),
        _("New"): tables.figure(36, lambda talk: str(unseen(talk, me) or "")),
        _("Customer"): tables.press(116, whom, "conversations-button", talks, pick),
        _("Time"): tables.text(60, lambda talk: marks.clock(talk.latest_at, where=where)),
        _("Last message"): tables.text(
            120, lambda talk: talk.lines[-1].words if talk.lines else ""
        ),
    }
    alt = _("Conversations")
    tables.table(talks, columns, "conversations", lines=QUEUE, picked=pick, alt=alt)


def whom(talk: Talk) -> str:
    """Return the customer's name, or an ellipsis until it is known."""
    return talk.customer.name if talk.customer else "…"


def pick(talk: Talk | None) -> None:
    """Show the conversation that was clicked, and its customer."""
    if talk and talk.customer:
        state.customer = talk.customer
        choose(talk.id)


def choose(talk_id: str) -> None:
    """Select a conversation; an empty id starts a new one."""
    state[TALK] = talk_id


def unseen(talk: Talk, me: Persona) -> int:
    """Count the messages not yet seen in this tab."""
    return talk.unread(me.user_id, max(state[OPENED], state[SEEN].get(talk.id, 0.0)))


def bubbles(side: str, party: Party, talk: Talk | None, own: str, nothing: str, hint: str) -> None:
    """Draw the messages, newest at the bottom, the pane's own on the right."""
    with st.container(height="stretch", border=False, key=f"chat-log-{side}"):
        link = party.line.link()
        if not link.is_live:
            return look.empty("cloud_off", link.title(), marks.plain(link.words(feed().now())))
        if talk is None or not talk.lines:
            return look.empty("forum", nothing, hint)
        said = "".join(bubble(line, own) for line in talk.lines)
        st.html(f'<div class="chat">{said}</div>')


def bubble(line: Line, own: str) -> str:
    """Return a message as HTML, with the sender unless it is the pane's own."""
    mine = line.sender_id == own
    machine = _("simulated")
    by = f"{line.sender} · {machine} · " if line.sender_id == SIMULATED else f"{line.sender} · "
    if mine:
        by = ""
    at = html.escape(f"{by}{marks.clock(line.at)}")
    side = "mine" if mine else "theirs"
    return f'<div class="{side}">{html.escape(line.words)}<small>{at}</small></div>'


def whose(talk: Talk) -> None:
    """Draw who replies in this conversation, and a button to take it over."""
    person = talk.person()
    if person or talk.id in state.taken:
        name = person.sender if person else _("You")
        st.caption(
            _("Answered by: {name}. The simulated agent no longer replies.").format(name=name)
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("The simulated agent replies until a person takes over."), width="stretch")
        st.button(
            _("Take over"),
            icon=":material/front_hand:",
            key="take-over",
            type="tertiary",
            on_click=take,
            args=(talk.id,),
        )


def take(talk_id: str) -> None:
    """Stop the simulated agent from replying in a conversation."""
    commands.tell("take_conversation", conversation=talk_id)
    outcome = commands.outcome()
    if outcome and not outcome.why:
        state.taken.add(talk_id)
    else:
        state[TROUBLE] = outcome.why if outcome else ""


def say(side: str, prompt: str, party: Party, talk: Talk | None, must_have: bool = False) -> None:
    """Draw the input field and send its text over the participant's socket."""
    words = st.chat_input(
        prompt,
        key=f"chat-input-{side}",
        max_chars=LONGEST,
        disabled=not party.line.link().is_live or (must_have and talk is None),
    )
    if words:
        try:
            choose(party.say(words, talk.id if talk else None))
        except NotSaid as why:
            state[TROUBLE] = _(str(why))
        st.rerun(scope="fragment")
