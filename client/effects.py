"""What a session asks of its shell; carried out in the order given."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Tell(Struct, frozen=True):
    """Call the handlers of this message."""

    message: dict[str, Any]


class Settle(Struct, frozen=True):
    """Give whoever waits for the reply with this id the reply, or the reason there is none."""

    id: str
    outcome: dict[str, Any] | Exception


class Renew(Struct, frozen=True):
    """Fetch a fresh token, and hand it to ``Session.sign_in``."""


class HangUp(Struct, frozen=True):
    """The server is dead: drop the connection without a goodbye, and report it closed."""

    reason: str


Effect = Tell | Settle | Renew | HangUp
