"""The Inbox's chat panes: the customer's and the staff's view of a conversation."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import commands, look, marks, tables
from dashboard.party import ChatParticipant, SendFailed
from dashboard.personas import Persona
from dashboard.shared import feed
from dashboard.tables import Column
from dashboard.talks import SIMULATED_AGENT_ID, ChatConversation, ChatEntry
from dashboard.words import _, ngettext

MAX_MESSAGE_LENGTH = 2000  # characters, as the server has it
LIST_ROWS = 5  # lines of the list
OPENED, TALK = "inbox-opened", "talk"  # when this tab began to read; which conversation
SEEN, TROUBLE = "inbox-seen", "inbox-trouble"

state = st.session_state


def draw_customer_pane(me: Persona, party: ChatParticipant, talk: ChatConversation | None) -> None:
    """Draw the customer's pane; the first message opens a conversation."""
    with look.card(
        "chat-customer", me.name, marks.chip_html(f"user:{me.user_id}", "user"), size="pane"
    ):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_("Chat with support") if talk else _("New conversation"))
            st.button(
                _("New conversation"),
                icon=":material/add_comment:",
                key="new-conversation",
                type="tertiary",
                disabled=talk is None,
                on_click=select_conversation,
                args=("",),
            )
        hint = _("Write below; the support pane receives it over its own connection.")
        draw_messages("customer", party, talk, me.user_id, _("No messages yet"), hint)
        draw_message_input("customer", _("Write to support"), party, talk)


def draw_staff_pane(
    me: Persona,
    party: ChatParticipant,
    talk: ChatConversation | None,
    talks: tuple[ChatConversation, ...],
) -> None:
    """Draw the staff's pane: all conversations, and the selected one."""
    unread = sum(unread_count(one, me) > 0 for one in talks)
    aside = ngettext("{count} unread", "{count} unread", unread).format(count=unread)
    chip = marks.chip_html(f"tenant:{me.tenant or feed().tenant}", "tenant")
    title = _("{name}, support").format(name=me.name)
    with look.card("chat-staff", title, f"{aside} {chip}", size="pane"):
        draw_conversation_list(talks, me)
        if talk:
            state[SEEN][talk.id] = talk.latest_at
        hint = _("Select a conversation above, or write as the customer on the left.")
        draw_messages("staff", party, talk, me.user_id, _("No conversation open"), hint)
        if talk:
            draw_responder(talk)
        draw_message_input(
            "staff", _("Reply as {name}").format(name=me.name), party, talk, must_have=True
        )


def draw_conversation_list(talks: tuple[ChatConversation, ...], me: Persona) -> None:
    """Draw the conversations, latest first; selecting one shows it in both panes."""
    where = marks.viewer_timezone()
    columns: dict[str, Column[ChatConversation]] = {
        "": tables.text_column(18, lambda talk: "▶" if talk.id == state[TALK] else ""),
        _("New"): tables.right_aligned_column(36, lambda talk: str(unread_count(talk, me) or "")),
        _("Customer"): tables.button_column(
            116, customer_name, "conversations-button", talks, select_row
        ),
        _("Time"): tables.text_column(
            60, lambda talk: marks.format_time(talk.latest_at, where=where)
        ),
        _("Last message"): tables.text_column(
            120, lambda talk: talk.entries[-1].text if talk.entries else ""
        ),
    }
    alt = _("Conversations")
    tables.draw_table(talks, columns, "conversations", lines=LIST_ROWS, picked=select_row, alt=alt)


def customer_name(talk: ChatConversation) -> str:
    """Return the customer's name, or an ellipsis until it is known."""
    return talk.customer.name if talk.customer else "…"


def select_row(talk: ChatConversation | None) -> None:
    """Show the conversation that was clicked, and its customer."""
    if talk and talk.customer:
        state.customer = talk.customer
        select_conversation(talk.id)


def select_conversation(talk_id: str) -> None:
    """Select a conversation; an empty id starts a new one."""
    state[TALK] = talk_id


def unread_count(talk: ChatConversation, me: Persona) -> int:
    """Count the messages not yet seen in this tab."""
    return talk.unread_count(me.user_id, max(state[OPENED], state[SEEN].get(talk.id, 0.0)))


def draw_messages(
    side: str,
    party: ChatParticipant,
    talk: ChatConversation | None,
    own: str,
    nothing: str,
    hint: str,
) -> None:
    """Draw the messages, newest at the bottom, the pane's own on the right."""
    with st.container(height="stretch", border=False, key=f"chat-log-{side}"):
        link = party.socket.status()
        if not link.is_live:
            return look.draw_empty_state(
                "cloud_off", link.title(), marks.escape_markdown(link.detail(feed().now()))
            )
        if talk is None or not talk.entries:
            return look.draw_empty_state("forum", nothing, hint)
        said = "".join(message_html(line, own) for line in talk.entries)
        st.html(f'<div class="chat">{said}</div>')


def message_html(line: ChatEntry, own: str) -> str:
    """Return a message as HTML, with the sender unless it is the pane's own."""
    mine = line.sender_id == own
    machine = _("simulated")
    by = (
        f"{line.sender} · {machine} · "
        if line.sender_id == SIMULATED_AGENT_ID
        else f"{line.sender} · "
    )
    if mine:
        by = ""
    at = html.escape(f"{by}{marks.format_time(line.at)}")
    side = "mine" if mine else "theirs"
    return f'<div class="{side}">{html.escape(line.text)}<small>{at}</small></div>'


def draw_responder(talk: ChatConversation) -> None:
    """Draw who replies in this conversation, and a button to take it over."""
    person = talk.last_human_entry()
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
            on_click=take_over,
            args=(talk.id,),
        )


def take_over(talk_id: str) -> None:
    """Stop the simulated agent from replying in a conversation."""
    commands.send_command("take_conversation", conversation=talk_id)
    outcome = commands.last_result()
    if outcome and not outcome.error:
        state.taken.add(talk_id)
    else:
        state[TROUBLE] = outcome.error if outcome else ""


def draw_message_input(
    side: str,
    prompt: str,
    party: ChatParticipant,
    talk: ChatConversation | None,
    must_have: bool = False,
) -> None:
    """Draw the input field and send its text over the participant's socket."""
    words = st.chat_input(
        prompt,
        key=f"chat-input-{side}",
        max_chars=MAX_MESSAGE_LENGTH,
        disabled=not party.socket.status().is_live or (must_have and talk is None),
    )
    if words:
        try:
            select_conversation(party.send_message(words, talk.id if talk else None))
        except SendFailed as why:
            state[TROUBLE] = _(str(why))
        st.rerun(scope="fragment")
