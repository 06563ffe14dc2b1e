"""Support conversations of one participant, with their history.  Pure, bounded.

Lines come from the socket and from the server's history, in any order; each is kept once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from protocol.event_payloads import ChatMessageBody, ChatMessagePayload, CustomerRef

MAX_CONVERSATIONS = 200  # conversations, as many as the server lists
MAX_ENTRIES = 500  # of one conversation
SIMULATED_AGENT_ID = "agent_simulated"
"""The user id of the simulator's own agent, who steps back where a person has answered."""


class ChatEntry(Struct, frozen=True):
    """One chat message; ``at`` is in seconds since the epoch."""

    id: str
    sender_id: str
    sender: str
    text: str
    at: float


class ChatConversation(Struct, frozen=True):
    """One conversation; ``lines`` are oldest first.

    ``customer`` is None until the server has said who opened it.
    """

    id: str
    customer: CustomerRef | None = None
    entries: tuple[ChatEntry, ...] = ()

    @property
    def latest_at(self) -> float:
        """When something was said last."""
        return self.entries[-1].at if self.entries else 0.0

    def last_human_entry(self) -> ChatEntry | None:
        """Return the last message of a human agent; it stops the simulated agent."""
        own = self.customer.id if self.customer else ""
        others = (
            line
            for line in reversed(self.entries)
            if line.sender_id not in (own, SIMULATED_AGENT_ID)
        )
        return next(others, None) if self.customer else None

    def unread_count(self, user_id: str, since: float) -> int:
        """Count what others than the reader said after a moment, and after their own last word."""
        count = 0
        for line in reversed(self.entries):
            if line.sender_id == user_id or line.at <= since:
                break
            count += 1
        return count


class ChatConversations:
    """All conversations that one client receives."""

    def __init__(self) -> None:
        self._conversations: dict[str, ChatConversation] = {}

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Take a whole message; those of other types are passed over.

        Raises:
            msgspec.ValidationError: its payload is not that of its type.
        """
        if message.get("type") == "chat_message":
            said = msgspec.convert(message.get("payload"), ChatMessagePayload)
            self._add(said.conversation_id, (said.message,))

    def add_list(self, answer: bytes) -> None:
        """Take the answer of ``GET /api/conversations``.

        Raises:
            msgspec.DecodeError: it is not that.
        """
        for listed in _list_decoder.decode(answer).conversations:
            talk = self._conversations.get(listed.id, ChatConversation(listed.id))
            self._conversations[listed.id] = replace(talk, customer=listed.customer)
            self._add(listed.id, (listed.last_message,) if listed.last_message else ())

    def add_history(self, id: str, answer: bytes) -> None:
        """Take the answer of ``GET /api/conversations/{id}/messages``.

        Raises:
            msgspec.DecodeError: it is not that.
        """
        self._add(id, _messages_decoder.decode(answer).messages)

    def latest_first(self) -> tuple[ChatConversation, ...]:
        """Return this moment."""
        return tuple(sorted(self._conversations.values(), key=lambda talk: -talk.latest_at))

    def _add(self, id: str, said: tuple[ChatMessageBody, ...]) -> None:
        talk = self._conversations.get(id, ChatConversation(id))
        lines = {line.id: line for line in (*talk.entries, *map(_to_entry, said))}
        kept = sorted(lines.values(), key=lambda line: line.at)[-MAX_ENTRIES:]
        self._conversations[id] = replace(talk, entries=tuple(kept))
        while len(self._conversations) > MAX_CONVERSATIONS:
            del self._conversations[
                min(self._conversations, key=lambda key: self._conversations[key].latest_at)
            ]


class _ConversationListItem(Struct, frozen=True):
    id: str
    customer: CustomerRef
    last_message: ChatMessageBody | None


class _ConversationListResponse(Struct, frozen=True):
    conversations: tuple[_ConversationListItem, ...]


class _MessagesResponse(Struct, frozen=True):
    messages: tuple[ChatMessageBody, ...]


_list_decoder = msgspec.json.Decoder(_ConversationListResponse)
_messages_decoder = msgspec.json.Decoder(_MessagesResponse)


def _to_entry(said: ChatMessageBody) -> ChatEntry:
    at: datetime = said.created_at
    return ChatEntry(said.id, said.sender_id, said.sender_name, said.content, at.timestamp())
