"""What a client's caller can be told went wrong."""

from __future__ import annotations


class ConnectionLost(ConnectionError):
    """The connection ended, or was never wanted, before the answer was there."""


class RequestTimedOut(TimeoutError):
    """No reply with the request's id came in time; the server may have acted on it."""


class QueueFull(Exception):
    """As many messages wait to be sent as may; this one was not taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} messages wait for the connection already")


class Refused(Exception):
    """The server understood the request and declined it; ``code`` is for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class SignInRefused(Exception):
    """The connection is open, but the server did not take the token."""
