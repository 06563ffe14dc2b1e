"""A received message as a publication that sends it again.  Pure."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from dashboard.state.channels import EVERYONE_ADDRESS


class _Message(Struct):
    type: str = ""
    payload: Raw = Raw(b"{}")


def as_publication(channel: str, message: bytes) -> str:
    """Return the publication of a message, formatted; its payload keeps every digit and escape.

    ``channel`` is ``*`` for a message that was sent to everyone.
    """
    original = msgspec.json.decode(message, type=_Message)
    address = {"everyone": True} if channel == EVERYONE_ADDRESS else {"channel": channel}
    publication = {**address, "type": original.type, "payload": original.payload}
    return msgspec.json.format(msgspec.json.encode(publication), indent=2).decode()
