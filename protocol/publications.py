"""What services publish: a message with its address; the two never travel apart."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.channels import Channel, ChannelKind


class Everyone(Enum):
    """The address of all who are connected, signed in or not."""

    EVERYONE = "*"

    def __str__(self) -> str:
        return self.value


EVERYONE: Final = Everyone.EVERYONE
Address = Channel | Everyone
MAX_OFFSET = (1 << 53) - 1  # that every JSON reader reads exactly


class PublishRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A publication as ``POST /api/publish`` takes it; exactly one address must be given.

    ``user`` is another way to write ``channel: user:{user}``.
    """

    type: str
    payload: Raw
    channel: str | UnsetType = UNSET
    user: str | UnsetType = UNSET
    everyone: bool | UnsetType = UNSET

    def address(self) -> Address:
        """Read the address.

        Raises:
            ValueError: there is none, or more than one: no address is never a broadcast.
            Refusal: the channel's name is malformed.
        """
        if self.everyone is False:
            raise ValueError("`everyone` is true or left out")
        if sum(given is not UNSET for given in (self.channel, self.user, self.everyone)) != 1:
            raise ValueError("one of `channel`, `user` and `everyone` is required")
        if isinstance(self.channel, str):
            return Channel.parse(self.channel)
        return (
            Channel.parse(f"{ChannelKind.USER}:{self.user}")
            if isinstance(self.user, str)
            else EVERYONE
        )


class StreamPosition(Struct, frozen=True):
    """How far a channel has come: the ``offset`` of its newest publication.

    Within an ``epoch`` a channel's offsets grow, and none is used twice; where the history
    was lost, another epoch begins.
    """

    epoch: str
    offset: Annotated[int, Meta(ge=0, le=MAX_OFFSET)]


class Publication(Struct, frozen=True, kw_only=True):
    """An accepted message on its way to all who hear its address.

    ``message`` is the finished JSON text of the envelope, the same for every listener.
    ``tenant`` is whose traffic it is; ``accepted_at`` is in seconds since the epoch.
    ``position`` is its own among those of its address, given by the broker.
    """

    to: Address
    type: str
    message: bytes
    tenant: str
    accepted_at: float
    tenant_only: bool = False
    """Only connections signed in to ``tenant`` may get it."""
    exclude_subscribers_of: Channel | None = None
    """Connections that hear this channel too have got it there."""
    exclude_connection: str = ""
    """The connection with this id has had its own copy."""
    position: StreamPosition | None = None


class PublishResponse(Struct, frozen=True):
    """The answer to a publish: how many publications were taken.

    ``reached`` is how many sockets of the answering node they were queued for, summed.
    """

    accepted: int
    reached: int
