"""Exceptions that the clients raise."""

from __future__ import annotations


class ConnectionLost(ConnectionError):
    """The connection closed, or the client was stopped, before the reply arrived."""


class RequestTimedOut(TimeoutError):
    """No reply within the timeout; the server may have executed the request."""


class QueueFull(Exception):
    """The send queue is full; the message was not queued."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the send queue is full ({limit} messages)")


class RequestRejected(Exception):
    """The server replied with an ``error``; ``code`` is stable, ``message`` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class AuthenticationFailed(Exception):
    """The connection is open, but the server rejected the token."""
