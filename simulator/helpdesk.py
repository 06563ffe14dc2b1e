"""The simulated support agent: answers on a socket of its own, until a person does."""

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
"""Says who has spoken in a conversation so far, the customer first; none: it cannot be told."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Runs something beside everything else."""
Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""

log = logging.getLogger(__name__)


class HelpDesk:
    """One agent who hears all that is said to the tenant's staff."""

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
            # It may be older than this agent: then its customer and who answered are on record.
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
            log.info("an answer was dropped: the server has been away for long")
