"""Support conversations: what customers ask by the script, and what support answers.

Pure: told who said what, it says what is said next.  Sends nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from simulator.catalogue import Name
from simulator.datafiles import BadData, parse_toml, text_of

AGENT_ID = "agent_simulated"
REMEMBERED = 1000  # conversations; in older ones nobody expects the agent to know


class Exchange(Struct, frozen=True, forbid_unknown_fields=True):
    """One question and its answer."""

    customer: Name
    agent: Name


class Topic(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation from its first question to its last answer."""

    name: Name
    exchanges: Annotated[tuple[Exchange, ...], Meta(min_length=1)]


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """All topics; ``anybody`` is for who follows none, ``thanks`` end a conversation."""

    agent_name: Name
    anybody: tuple[Name, ...]
    thanks: Annotated[tuple[Name, ...], Meta(min_length=1)]
    topics: Annotated[tuple[Topic, ...], Meta(min_length=1)]

    def topic(self, name: str) -> Topic:
        """Return the topic of that name, which must exist."""
        return next(topic for topic in self.topics if topic.name == name)

    def answer_to(self, question: str) -> str | None:
        """Return the scripted answer, if this is a question of the script."""
        exchanges = (exchange for topic in self.topics for exchange in topic.exchanges)
        return next((e.agent for e in exchanges if e.customer == question), None)


def load() -> Script:
    """Read the shop's own script.

    Raises:
        BadData: the file is wrong, and where.
    """
    return parse(text_of("support.toml"))


def parse(text: str) -> Script:
    """Make a script of the text of its file.

    Raises:
        BadData: it is wrong, and where.
    """
    script = parse_toml("support.toml", text, Script)
    known: set[str] = set()
    for topic in script.topics:
        for exchange in topic.exchanges:
            if exchange.customer in known:
                where = f"topic {topic.name}"
                raise BadData(f"support.toml, {where}: asked before: {exchange.customer!r}")
            known.add(exchange.customer)
    return script


class Asking:
    """A customer's side of one conversation."""

    def __init__(self, script: Script, topic: Topic) -> None:
        self._thanks = script.thanks[len(topic.name) % len(script.thanks)]
        self._questions = [exchange.customer for exchange in topic.exchanges]
        self.is_over = False

    def open(self) -> str:
        """Say the first thing."""
        return self._questions.pop(0)

    def answered(self, by: str) -> str | None:
        """Say what the customer says to an answer; None if they have said goodbye.

        To a person they say only thanks: the script's next question might not fit.
        """
        if self.is_over:
            return None
        if self._questions and by == AGENT_ID:
            return self._questions.pop(0)
        self.is_over = True
        return self._thanks


class Agent:
    """Support's side of every conversation, until a person answers in it or takes it."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._customer_of: dict[str, str] = {}
        self._answers_to_anybody: dict[str, int] = {}
        self._left_to_people: dict[str, None] = {}

    def knows(self, conversation_id: str) -> bool:
        """Tell whether it knows who the customer is there."""
        return conversation_id in self._customer_of

    def learn(self, conversation_id: str, senders: Iterable[str]) -> None:
        """Take note of who has spoken there so far, the customer first."""
        for sender in senders:
            customer = self._customer_of.setdefault(conversation_id, sender)
            if sender not in (customer, AGENT_ID):
                self.leave(conversation_id)
        for old in list(islice(self._customer_of, max(0, len(self._customer_of) - REMEMBERED))):
            del self._customer_of[old]
            self._answers_to_anybody.pop(old, None)

    def leave(self, conversation_id: str) -> None:
        """Say nothing more there: a person will."""
        self._left_to_people[conversation_id] = None
        if len(self._left_to_people) > REMEMBERED:
            del self._left_to_people[next(iter(self._left_to_people))]

    def may_answer(self, conversation_id: str) -> bool:
        """Tell whether it is not left to people."""
        return conversation_id not in self._left_to_people

    def heard(self, conversation_id: str, sender: str, content: str) -> str | None:
        """Say what to answer to what somebody said, if anything."""
        self.learn(conversation_id, [sender])
        is_customer = sender == self._customer_of[conversation_id]
        if not is_customer or not self.may_answer(conversation_id):
            return None
        if content in self._script.thanks:
            return None
        return self._script.answer_to(content) or self._to_anybody(conversation_id)

    def _to_anybody(self, conversation_id: str) -> str | None:
        count = self._answers_to_anybody.get(conversation_id, 0)
        self._answers_to_anybody[conversation_id] = count + 1
        return self._script.anybody[count] if count < len(self._script.anybody) else None
