"""Scripted support conversations: questions of customers and answers of the agent.

Pure: takes the last message and returns the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from cachetools import FIFOCache
from msgspec import Meta, Struct

from protocol.simulator_api import ShopLanguage
from simulator.data_files import InvalidDataFile, parse_toml, read_text
from simulator.shop.catalogue import NonEmptyText

AGENT_ID = "agent_simulated"
MAX_CONVERSATIONS = 1000


class QuestionAndAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """One question and its answer."""

    question: NonEmptyText
    answer: NonEmptyText


class SupportTopic(Struct, frozen=True, forbid_unknown_fields=True):
    """A scripted conversation, from its first question to its last answer.

    Its ``name`` is the same in every language.
    """

    name: NonEmptyText
    exchanges: Annotated[tuple[QuestionAndAnswer, ...], Meta(min_length=1)]


class SupportScript(Struct, frozen=True, forbid_unknown_fields=True):
    """The script: topics, answers to questions of no topic, and texts that end a conversation."""

    agent_name: NonEmptyText
    fallback_answers: tuple[NonEmptyText, ...]
    thanks: Annotated[tuple[NonEmptyText, ...], Meta(min_length=1)]
    topics: Annotated[tuple[SupportTopic, ...], Meta(min_length=1)]

    def topic(self, name: str) -> SupportTopic:
        """Return a topic, which must exist."""
        return next(topic for topic in self.topics if topic.name == name)

    def answer_to(self, question: str) -> str | None:
        """Return the scripted answer to a question; None if it is not in the script."""
        exchanges = (exchange for topic in self.topics for exchange in topic.exchanges)
        return next((pair.answer for pair in exchanges if pair.question == question), None)


def load_support_script(language: ShopLanguage) -> SupportScript:
    """Load the script of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    return parse_support_script(read_text("support.toml"), language)


def parse_support_script(text: str, language: ShopLanguage) -> SupportScript:
    """Parse the text of the script's file.

    Raises:
        InvalidDataFile: the text is invalid.
    """
    script = parse_toml("support.toml", text, SupportScript, language)
    questions: set[str] = set()
    for topic in script.topics:
        for exchange in topic.exchanges:
            if exchange.question in questions:
                where = f"topic {topic.name}"
                raise InvalidDataFile(
                    f"support.toml, {where}: repeated question: {exchange.question!r}"
                )
            questions.add(exchange.question)
    return script


class CustomerScript:
    """A customer's side of one conversation."""

    def __init__(self, script: SupportScript, topic: SupportTopic) -> None:
        self._thanks = script.thanks[len(topic.name) % len(script.thanks)]
        self._questions = [exchange.question for exchange in topic.exchanges]
        self.is_finished = False

    def first_message(self) -> str:
        """Return the first message."""
        return self._questions.pop(0)

    def reply_to(self, sender: str) -> str | None:
        """Return the customer's reply to an answer; None if the conversation is finished.

        A person's answer gets only thanks: the next scripted question might not fit.
        """
        if self.is_finished:
            return None
        if self._questions and sender == AGENT_ID:
            return self._questions.pop(0)
        self.is_finished = True
        return self._thanks


class AgentScript:
    """The agent's side of all conversations, until a person takes over.

    ``script`` may be replaced at any time.
    """

    def __init__(self, script: SupportScript) -> None:
        self.script = script
        self._customer_of = FIFOCache[str, str](MAX_CONVERSATIONS)
        self._fallbacks_used = FIFOCache[str, int](MAX_CONVERSATIONS)
        self._handed_over = FIFOCache[str, None](MAX_CONVERSATIONS)
        self._taken_back = FIFOCache[str, None](MAX_CONVERSATIONS)

    def knows_customer(self, conversation_id: str) -> bool:
        """Return whether the customer of a conversation is known."""
        return conversation_id in self._customer_of

    def record_senders(self, conversation_id: str, senders: Iterable[str]) -> None:
        """Record the earlier senders of a conversation, the customer first."""
        for sender in senders:
            is_person = self._is_person(conversation_id, sender)
            if is_person and conversation_id not in self._taken_back:
                self.hand_over(conversation_id)

    def _is_person(self, conversation_id: str, sender: str) -> bool:
        """Tell whether a person of the support sent a message; the first sender is the customer."""
        return sender not in (self._customer_of.setdefault(conversation_id, sender), AGENT_ID)

    def hand_over(self, conversation_id: str) -> None:
        """Hand a conversation over to people."""
        self._handed_over[conversation_id] = None
        self._taken_back.pop(conversation_id, None)

    def take_back(self, conversation_id: str) -> None:
        """Answer in a conversation again, until a person answers once more."""
        self._handed_over.pop(conversation_id, None)
        self._taken_back[conversation_id] = None

    def handed_over(self) -> tuple[str, ...]:
        """Return the ids of the conversations that were handed over to people."""
        return tuple(self._handed_over)

    def may_answer(self, conversation_id: str) -> bool:
        """Return whether the agent may answer."""
        return conversation_id not in self._handed_over

    def reply_to(self, conversation_id: str, sender: str, content: str) -> str | None:
        """Return the answer to a message, if any."""
        if self._is_person(conversation_id, sender):
            self.hand_over(conversation_id)
        is_customer = sender == self._customer_of[conversation_id]
        if not is_customer or not self.may_answer(conversation_id):
            return None
        if content in self.script.thanks:
            return None
        return self.script.answer_to(content) or self._fallback_answer(conversation_id)

    def _fallback_answer(self, conversation_id: str) -> str | None:
        count = self._fallbacks_used.get(conversation_id, 0)
        self._fallbacks_used[conversation_id] = count + 1
        return (
            self.script.fallback_answers[count]
            if count < len(self.script.fallback_answers)
            else None
        )
