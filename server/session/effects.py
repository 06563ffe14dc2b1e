"""What a session wants done; ``server.websocket.connection`` does it, in the order given."""

from __future__ import annotations

from msgspec import Struct

from protocol.channels import Channel
from protocol.errors import CloseCode
from protocol.messages import ServerMessageBase
from protocol.publications import Publication
from server.auth.identity import Identity


class SendReply(Struct, frozen=True):
    """Answer this client, and only this client."""

    message: ServerMessageBase


class AddSubscription(Struct, frozen=True):
    """Start delivering the channel to this client, with offsets if it is ``recoverable``."""

    channel: Channel
    recoverable: bool = False


class Replay(Struct, frozen=True):
    """Send what the channel brought before, as it was sent to those who heard it."""

    publication: Publication
    recoverable: bool = False


class RemoveSubscription(Struct, frozen=True):
    """Stop delivering the channel to this client."""

    channel: Channel


class AcquireConnectionSlot(Struct, frozen=True):
    """Count this client among the user's; nothing else follows if that is one too many."""

    identity: Identity


class Publish(Struct, frozen=True):
    """Send to all who hear these addresses, in this order."""

    publications: tuple[Publication, ...]


class CloseConnection(Struct, frozen=True):
    """End the connection."""

    code: CloseCode


SessionEffect = (
    SendReply
    | AddSubscription
    | Replay
    | RemoveSubscription
    | AcquireConnectionSlot
    | Publish
    | CloseConnection
)
