"""Scripted support conversations: questions of customers and answers of the agent.

Pure: takes the last message and returns the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from simulator.catalogue import Name
from simulator.datafiles import BadData, parse_toml, text_of

AGENT_ID = "agent_simulated"
REMEMBERED = 1000  # conversations kept


class Exchange(Struct, frozen=True, forbid_unknown_fields=True):
    """One question and its answer."""

    customer: Name
    agent: Name


class Topic(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation from its first question to its last answer."""

    name: Name
    exchanges: Annotated[tuple[Exchange, ...], Meta(min_length=1)]


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """All topics; ``anybody``: answers to unscripted questions; ``thanks`` end a conversation."""

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
        """Return the first message."""
        return self._questions.pop(0)

    def answered(self, by: str) -> str | None:
        """Return the customer's reply to an answer; None if the conversation is finished.

        A person's answer gets only thanks: the next scripted question might not fit.
        """
        if self.is_over:
            return None
        if self._questions and by == AGENT_ID:
            return self._questions.pop(0)
        self.is_over = True
        return self._thanks


class Agent:
    """The agent's side of all conversations, until a person takes over."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._customer_of: dict[str, str] = {}
        self._answers_to_anybody: dict[str, int] = {}
        self._left_to_people: dict[str, None] = {}

    def knows(self, conversation_id: str) -> bool:
        """Return whether the customer of a conversation is known."""
        return conversation_id in self._customer_of

    def learn(self, conversation_id: str, senders: Iterable[str]) -> None:
        """Record the senders of a conversation, the customer first."""
        for sender in senders:
            customer = self._customer_of.setdefault(conversation_id, sender)
            if sender not in (customer, AGENT_ID):
                self.leave(conversation_id)
        for old in list(islice(self._customer_of, max(0, len(self._customer_of) - REMEMBERED))):
            del self._customer_of[old]
            self._answers_to_anybody.pop(old, None)

    def leave(self, conversation_id: str) -> None:
        """Hand a conversation over to people."""
        self._left_to_people[conversation_id] = None
        if len(self._left_to_people) > REMEMBERED:
            del self._left_to_people[next(iter(self._left_to_people))]

    def may_answer(self, conversation_id: str) -> bool:
        """Return whether the agent may answer."""
        return conversation_id not in self._left_to_people

    def heard(self, conversation_id: str, sender: str, content: str) -> str | None:
        """Return the answer to a message, if any."""
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
