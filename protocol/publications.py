"""Publications: a message with its address."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from protocol.channels import Channel, ChannelKind


class Everyone(Enum):
    """The address of all connections, signed in or not."""

    EVERYONE = "*"

    def __str__(self) -> str:
        return self.value


EVERYONE: Final = Everyone.EVERYONE
Address = Channel | Everyone
STAFF_ONLY_TYPE = "chat_message"  # on `tenant:`, where support chat is meant for staff
MAX_PUBLICATION_BYTES = 1 << 16  # of one PublishRequest as JSON
MAX_OFFSET = (1 << 53) - 1  # the largest integer that every JSON reader represents exactly


class PublishRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A publication in the body of ``POST /api/publish``, with exactly one address.

    ``user`` is short for ``channel: user:{user}``.  ``tenant`` is the one that the publisher
    acts for; without it, the publisher's own.
    """

    type: str
    payload: Raw
    channel: str | UnsetType = UNSET
    user: str | UnsetType = UNSET
    everyone: bool | UnsetType = UNSET
    tenant: str | UnsetType = UNSET

    def address(self, tenant: str = "") -> Address:
        """Return the address, as a publisher of ``tenant`` means it.

        Raises:
            ValueError: no address or several; a missing address never means everyone.
            RequestError: the channel name is malformed.
        """
        if self.everyone is False:
            raise ValueError("`everyone` is true or left out")
        given = (
            (self.channel is not UNSET) + (self.user is not UNSET) + (self.everyone is not UNSET)
        )
        if given != 1:
            raise ValueError("one of `channel`, `user` and `everyone` is required")
        if isinstance(self.channel, str):
            return Channel.parse(self.channel, tenant)
        return (
            Channel.parse(f"{ChannelKind.USER}:{self.user}")
            if isinstance(self.user, str)
            else EVERYONE
        )


class StreamPosition(Struct, frozen=True):
    """Position in the stream of a channel: the ``offset`` of a publication.

    Within an ``epoch`` the offsets of a channel increase and are unique.  A new epoch begins when
    the history is lost.
    """

    epoch: str
    offset: Annotated[int, Meta(ge=0, le=MAX_OFFSET)]


class Publication(Struct, frozen=True, kw_only=True):
    """An accepted message to the subscribers of its address.

    ``message`` is the encoded envelope, the same for every subscriber.  ``tenant`` is the tenant
    whose traffic it counts as; ``accepted_at`` is in seconds since the epoch.  ``position`` is
    assigned by the broker.
    """

    to: Address
    type: str
    message: bytes
    tenant: str
    accepted_at: float
    tenant_only: bool = False
    """Deliver only to connections signed in to ``tenant``."""
    exclude_subscribers_of: Channel | None = None
    """Skip subscribers of this channel: they receive the message there."""
    exclude_connection: str = ""
    """Skip the connection with this id: it has received its own copy."""
    position: StreamPosition | None = None

    @property
    def staff_only(self) -> bool:
        """Whether only agents and admins receive it: support chat on ``tenant:``.

        This follows from the message, so that every node of a cluster comes to the same answer.
        """
        return self.type == STAFF_ONLY_TYPE and (
            isinstance(self.to, Channel) and self.to.kind is ChannelKind.TENANT
        )


class PublishResponse(Struct, frozen=True):
    """Response to a publish request: the number of accepted publications.

    ``reached`` is the total number of connections of the responding node they were queued for.
    """

    accepted: int
    reached: int
