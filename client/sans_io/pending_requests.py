"""Pending requests, and whether each has been sent."""

from __future__ import annotations

from typing import Any

from client.errors import ConnectionLost, RequestRejected
from client.sans_io.codec import message_payload
from client.sans_io.effects import ResolveRequest


class PendingRequests:
    """The requests that have not been answered, by id."""

    def __init__(self) -> None:
        self._is_sent: dict[str, bool] = {}

    def add(self, id: str) -> None:
        """Add a queued request."""
        self._is_sent[id] = False

    def mark_sent(self, id: str) -> None:
        """Record that the request was sent."""
        self._is_sent[id] = True

    def cancel(self, id: str) -> bool:
        """Cancel a request; returns whether it is still queued."""
        return self._is_sent.pop(id, None) is False

    def resolve(self, id: str | None, message: dict[str, Any]) -> list[ResolveRequest]:
        """Resolve the request that the message answers, if any."""
        if id is None or self._is_sent.pop(id, None) is None:
            return []
        if message["type"] != "error":
            return [ResolveRequest(id, message)]
        payload = message_payload(message)
        code, text = str(payload.get("code", "")), str(payload.get("message", ""))
        return [ResolveRequest(id, RequestRejected(code, text))]

    def fail_all(self, reason: str, *, include_queued: bool) -> list[ResolveRequest]:
        """Fail the sent requests and, with ``include_queued``, the queued ones."""
        lost = [id for id, is_sent in self._is_sent.items() if is_sent or include_queued]
        for id in lost:
            del self._is_sent[id]
        return [ResolveRequest(id, ConnectionLost(reason)) for id in lost]
