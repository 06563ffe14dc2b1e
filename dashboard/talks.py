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

from protocol.events import ChatLine, ChatSaid, Person

KEPT = 200  # conversations, as many as the server lists
LINES = 500  # of one conversation
SIMULATED = "agent_simulated"
"""The user id of the simulator's own agent, who steps back where a person has answered."""


class Line(Struct, frozen=True):
    """One chat message; ``at`` is in seconds since the epoch."""

    id: str
    sender_id: str
    sender: str
    words: str
    at: float


class Talk(Struct, frozen=True):
    """One conversation; ``lines`` are oldest first.

    ``customer`` is None until the server has said who opened it.
    """

    id: str
    customer: Person | None = None
    lines: tuple[Line, ...] = ()

    @property
    def latest_at(self) -> float:
        """When something was said last."""
        return self.lines[-1].at if self.lines else 0.0

    def person(self) -> Line | None:
        """Return the last message of a human agent; it stops the simulated agent."""
        own = self.customer.id if self.customer else ""
        others = (line for line in reversed(self.lines) if line.sender_id not in (own, SIMULATED))
        return next(others, None) if self.customer else None

    def unread(self, reader: str, since: float) -> int:
        """Count what others than the reader said after a moment, and after their own last word."""
        count = 0
        for line in reversed(self.lines):
            if line.sender_id == reader or line.at <= since:
                break
            count += 1
        return count


class Talks:
    """All conversations that one client receives."""

    def __init__(self) -> None:
        self._known: dict[str, Talk] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take a whole message; those of other types are passed over.

        Raises:
            msgspec.ValidationError: its payload is not that of its type.
        """
        if message.get("type") == "chat_message":
            said = msgspec.convert(message.get("payload"), ChatSaid)
            self._add(said.conversation_id, (said.message,))

    def listed(self, answer: bytes) -> None:
        """Take the answer of ``GET /api/conversations``.

        Raises:
            msgspec.DecodeError: it is not that.
        """
        for listed in _conversations.decode(answer).conversations:
            talk = self._known.get(listed.id, Talk(listed.id))
            self._known[listed.id] = replace(talk, customer=listed.customer)
            self._add(listed.id, (listed.last_message,) if listed.last_message else ())

    def recalled(self, id: str, answer: bytes) -> None:
        """Take the answer of ``GET /api/conversations/{id}/messages``.

        Raises:
            msgspec.DecodeError: it is not that.
        """
        self._add(id, _messages.decode(answer).messages)

    def latest_first(self) -> tuple[Talk, ...]:
        """Return this moment."""
        return tuple(sorted(self._known.values(), key=lambda talk: -talk.latest_at))

    def _add(self, id: str, said: tuple[ChatLine, ...]) -> None:
        talk = self._known.get(id, Talk(id))
        lines = {line.id: line for line in (*talk.lines, *map(_line, said))}
        kept = sorted(lines.values(), key=lambda line: line.at)[-LINES:]
        self._known[id] = replace(talk, lines=tuple(kept))
        while len(self._known) > KEPT:
            del self._known[min(self._known, key=lambda key: self._known[key].latest_at)]


class _Listed(Struct, frozen=True):
    id: str
    customer: Person
    last_message: ChatLine | None


class _Conversations(Struct, frozen=True):
    conversations: tuple[_Listed, ...]


class _Messages(Struct, frozen=True):
    messages: tuple[ChatLine, ...]


_conversations = msgspec.json.Decoder(_Conversations)
_messages = msgspec.json.Decoder(_Messages)


def _line(said: ChatLine) -> Line:
    at: datetime = said.created_at
    return Line(said.id, said.sender_id, said.sender_name, said.content, at.timestamp())
