"""Support conversations of one participant, with their history.  Pure, bounded.

Messages come from the socket and from the server's history, in any order, without duplicates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from protocol.event_payloads import ChatMessageBody, ChatMessagePayload, CustomerRef

MAX_CONVERSATIONS = 200  # conversations, as many as the server lists
MAX_ENTRIES = 500  # of one conversation
STATE_LAG_S = 0.5  # a message may reach the simulated agent so long after its time
SIMULATED_AGENT_ID = "agent_simulated"
"""User id of the simulator's agent, which stops replying once a person has answered."""


class ChatEntry(Struct, frozen=True):
    """One chat message; ``at`` is in seconds since the epoch."""

    id: str
    sender_id: str
    sender: str
    text: str
    at: float


class ChatConversation(Struct, frozen=True):
    """One conversation; ``entries`` are oldest first.

    ``customer`` is None until the server has listed the conversation.
    """

    id: str
    customer: CustomerRef | None = None
    entries: tuple[ChatEntry, ...] = ()

    @property
    def latest_at(self) -> float:
        """When the newest message was sent."""
        return self.entries[-1].at if self.entries else 0.0

    def is_from_customer(self, entry: ChatEntry) -> bool:
        """Return whether the customer wrote a message; the first one always is the customer's."""
        customer_id = self.customer.id if self.customer else self.entries[0].sender_id
        return entry.sender_id == customer_id

    def last_human_entry(self) -> ChatEntry | None:
        """Return the last message of a human agent; it stops the simulated agent."""
        others = (
            entry
            for entry in reversed(self.entries)
            if entry.sender_id != SIMULATED_AGENT_ID and not self.is_from_customer(entry)
        )
        return next(others, None) if self.customer else None

    def is_taken(self, taken: Collection[str], known_at: float) -> bool:
        """Return whether a person answers instead of the simulated agent.

        ``taken`` are the ids of such conversations by the simulator's state at ``known_at``; a
        message of a person that is newer takes the conversation over.
        """
        person = self.last_human_entry()
        return self.id in taken or (person is not None and person.at > known_at - STATE_LAG_S)

    def unread_count(self, user_id: str, since: float) -> int:
        """Count the others' messages since a time, and since the user's own last message."""
        count = 0
        for entry in reversed(self.entries):
            if entry.sender_id == user_id or entry.at <= since:
                break
            count += 1
        return count


def active_since(
    conversations: Iterable[ChatConversation], at: float
) -> tuple[ChatConversation, ...]:
    """Return the conversations whose newest message is not from before a time."""
    return tuple(one for one in conversations if one.latest_at >= at)


def choose_shown(wanted: str | None, own: Sequence[ChatConversation]) -> str | None:
    """Return the id of a customer's conversation to show: the latest, unless another is wanted.

    ``wanted`` is an id, empty for a new conversation, or None.  The result is None as long as the
    customer has no conversation: the first one is shown when it begins.
    """
    return own[0].id if wanted is None and own else wanted


class ChatConversations:
    """All conversations that one client receives."""

    def __init__(self) -> None:
        self._conversations: dict[str, ChatConversation] = {}

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Apply a message; other types are ignored.

        Raises:
            msgspec.ValidationError: the payload does not match the type.
        """
        if message.get("type") == "chat_message":
            payload = msgspec.convert(message.get("payload"), ChatMessagePayload)
            self._add(ChatConversation(payload.conversation_id), (payload.message,))

    def add_list(self, answer: bytes) -> None:
        """Apply the response of ``GET /api/conversations``.

        Raises:
            msgspec.DecodeError: it is not one.
        """
        for listed in _list_decoder.decode(answer).conversations:
            known = self._conversations.get(listed.id, ChatConversation(listed.id))
            conversation = self._conversations[listed.id] = replace(known, customer=listed.customer)
            self._add(conversation, (listed.last_message,) if listed.last_message else ())

    def add_history(self, conversation: ChatConversation, answer: bytes) -> ChatConversation:
        """Apply the response of ``GET /api/conversations/{id}/messages``.

        Returns the conversation with its history, even if there is no room to keep it.

        Raises:
            msgspec.DecodeError: it is not one.
        """
        return self._add(conversation, _messages_decoder.decode(answer).messages)

    def latest_first(self) -> tuple[ChatConversation, ...]:
        """Return the conversations, latest first."""
        return tuple(sorted(self._conversations.values(), key=lambda one: -one.latest_at))

    def _add(
        self, conversation: ChatConversation, messages: tuple[ChatMessageBody, ...]
    ) -> ChatConversation:
        """Add messages to what is known of a conversation, and return it."""
        known = self._conversations.get(conversation.id, conversation)
        entries = {one.id: one for one in (*known.entries, *map(_to_entry, messages))}
        kept = sorted(entries.values(), key=lambda one: one.at)[-MAX_ENTRIES:]
        result = self._conversations[known.id] = replace(known, entries=tuple(kept))
        while len(self._conversations) > MAX_CONVERSATIONS:
            del self._conversations[
                min(self._conversations, key=lambda key: self._conversations[key].latest_at)
            ]
        return result


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


def _to_entry(message: ChatMessageBody) -> ChatEntry:
    at: datetime = message.created_at
    return ChatEntry(
        message.id, message.sender_id, message.sender_name, message.content, at.timestamp()
    )
