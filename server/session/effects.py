"""What a session wants done; `RequestDispatcher` does it, in the order given.

None of it waits: nothing can be delivered between the replay of a channel and its subscription.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.channels import Channel
from protocol.close_codes import CloseCode
from protocol.messages import ServerMessageBase
from protocol.publications import Publication


class SendReply(Struct, frozen=True):
    """Send a message to this client only."""

    message: ServerMessageBase


class AddSubscription(Struct, frozen=True):
    """Start delivering the channel to this client, with offsets if it is ``recoverable``."""

    channel: Channel
    recoverable: bool = False


class Replay(Struct, frozen=True):
    """Send an earlier publication of a channel, as it was delivered to its subscribers."""

    publication: Publication
    recoverable: bool = False


class RemoveSubscription(Struct, frozen=True):
    """Stop delivering the channel to this client."""

    channel: Channel


class CloseConnection(Struct, frozen=True):
    """Close the connection."""

    code: CloseCode


SessionEffect = SendReply | AddSubscription | Replay | RemoveSubscription | CloseConnection
