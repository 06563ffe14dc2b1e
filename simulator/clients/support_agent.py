"""The simulated support agent: answers until a person does."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any

from client.errors import QueueFull
from protocol.channels import Channel, ChannelKind
from simulator.clients.customer import ChatSocket
from simulator.shop.simulation_context import DurationRange
from simulator.shop.support_script import AgentScript

READING_TIME: DurationRange = (2.5, 7.0)

LoadSenders = Callable[[str], Awaitable[list[str]]]
"""Returns the senders in a conversation so far, the customer first; empty if unknown."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a background task."""
Sleep = Callable[[float], Awaitable[None]]
"""Sleeps for some seconds."""

log = logging.getLogger(__name__)


class SupportAgentClient:
    """Client of the agent; subscribed to the tenant's chat messages."""

    def __init__(
        self,
        socket: ChatSocket,
        tenant: str,
        script: AgentScript,
        *,
        load_senders: LoadSenders,
        rng: Random,
        sleep: Sleep,
        spawn: Spawn,
    ) -> None:
        self._socket, self._load_senders = socket, load_senders
        self._rng, self._sleep = rng, sleep
        self._script = script
        self._spawn = spawn
        socket.on("chat_message", self._on_chat_message)
        socket.subscribe(str(Channel(ChannelKind.TENANT, tenant)), recoverable=True)

    def _on_chat_message(self, payload: dict[str, Any]) -> None:
        message = payload["message"]
        self._spawn(
            self._answer(payload["conversation_id"], message["sender_id"], message["content"])
        )

    async def _answer(self, conversation_id: str, sender: str, content: str) -> None:
        if not self._script.knows_customer(conversation_id):
            # It may be older than this process: load its senders from the server.
            self._script.record_senders(conversation_id, await self._load_senders(conversation_id))
        answer = self._script.reply_to(conversation_id, sender, content)
        if answer is None:
            return
        await self._sleep(self._rng.uniform(*READING_TIME))
        if not self._script.may_answer(conversation_id):
            return
        try:
            self._socket.send(
                "chat_message", {"conversation_id": conversation_id, "content": answer}
            )
        except QueueFull:
            log.info("answer dropped: the send queue is full")
