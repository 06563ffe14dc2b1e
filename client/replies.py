"""Pending requests, and whether each has been sent."""

from __future__ import annotations

from typing import Any

from client.effects import Settle
from client.envelope import payload_of
from client.errors import ConnectionLost, Refused


class Replies:
    """The requests that have not been answered, by id."""

    def __init__(self) -> None:
        self._has_left: dict[str, bool] = {}

    def expect(self, id: str) -> None:
        """Wait for the reply to a request that is queued."""
        self._has_left[id] = False

    def left(self, id: str) -> None:
        """Note that the request was handed to the network."""
        self._has_left[id] = True

    def abandon(self, id: str) -> bool:
        """Cancel a request; returns whether it is still queued."""
        return self._has_left.pop(id, None) is False

    def take(self, id: str | None, message: dict[str, Any]) -> list[Settle]:
        """Resolve the request that the message answers, if any."""
        if id is None or self._has_left.pop(id, None) is None:
            return []
        if message["type"] != "error":
            return [Settle(id, message)]
        payload = payload_of(message)
        code, why = str(payload.get("code", "")), str(payload.get("message", ""))
        return [Settle(id, Refused(code, why))]

    def lose(self, why: str, *, queued: bool) -> list[Settle]:
        """Fail the sent requests, and the queued ones too if ``queued``."""
        lost = [id for id, has_left in self._has_left.items() if has_left or queued]
        for id in lost:
            del self._has_left[id]
        return [Settle(id, ConnectionLost(why)) for id in lost]
