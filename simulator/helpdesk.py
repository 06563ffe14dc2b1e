"""The simulated support agent: answers until a person does."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any

from client.errors import QueueFull
from protocol.channels import Channel, Kind
from simulator.desk import Span
from simulator.support import Agent
from simulator.visitor import Socket

READING: Span = (2.5, 7.0)

FindSenders = Callable[[str], Awaitable[list[str]]]
"""Returns the senders in a conversation so far, the customer first; empty if unknown."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a background task."""
Pause = Callable[[float], Awaitable[None]]
"""Sleeps for some seconds."""

log = logging.getLogger(__name__)


class HelpDesk:
    """An agent subscribed to the tenant's chat messages."""

    def __init__(
        self,
        socket: Socket,
        tenant: str,
        agent: Agent,
        *,
        find_senders: FindSenders,
        draw: Random,
        pause: Pause,
        spawn: Spawn,
    ) -> None:
        self._socket, self._find_senders = socket, find_senders
        self._draw, self._pause = draw, pause
        self._agent = agent
        self._spawn = spawn
        socket.on("chat_message", self._said)
        socket.subscribe(str(Channel(Kind.TENANT, tenant)), recoverable=True)

    def _said(self, said: dict[str, Any]) -> None:
        message = said["message"]
        self._spawn(self._hear(said["conversation_id"], message["sender_id"], message["content"]))

    async def _hear(self, conversation_id: str, sender: str, content: str) -> None:
        if not self._agent.knows(conversation_id):
            # It may be older than this process: load its senders from the server.
            self._agent.learn(conversation_id, await self._find_senders(conversation_id))
        answer = self._agent.heard(conversation_id, sender, content)
        if answer is None:
            return
        await self._pause(self._draw.uniform(*READING))
        if not self._agent.may_answer(conversation_id):
            return
        try:
            self._socket.send(
                "chat_message", {"conversation_id": conversation_id, "content": answer}
            )
        except QueueFull:
            log.info("answer dropped: the send queue is full")
