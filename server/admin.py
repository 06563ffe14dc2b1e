"""What an admin may see and end: the tenant's own connections, and nothing of other tenants.

Knows no HTTP.  What is another tenant's and what does not exist get one and the same answer.
Connections that have not signed in belong to no tenant.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator

from msgspec import Struct

from protocol.channels import Channel, Kind, is_key
from protocol.codec import iso
from protocol.errors import CloseCode, Refusal
from server.access import Rule, judge
from server.connection import Connection
from server.gateway import Gateway
from server.hub import Hub
from server.identity import Identity
from server.orders import Orders
from server.replies import Problem
from server.revocations import Revocations

log = logging.getLogger(__name__)

MOST_LISTED = 500  # in one answer, so that nobody waits long for it; ``total`` counts them all


class Connected(Struct, frozen=True):
    """One connection; ``role`` is None for a token without one."""

    id: str
    user_id: str
    name: str
    role: str | None
    node: str
    connected_at: str
    last_heard_at: str
    channels: list[str]
    messages_in: int
    waiting_bytes: int


class Heard(Struct, frozen=True):
    """A channel and how many of the tenant's connections hear it; all, if it is public."""

    kind: Kind
    name: str
    subscribers: int


class Access(Struct, frozen=True):
    """Whether a client hears a channel, whether it may, and by which rule."""

    channel: str
    joined: bool
    allowed: bool
    rule: Rule
    explanation: str


class Connections(Struct, frozen=True):
    """The tenant's connections, the latest first, 500 at the most."""

    connections: list[Connected]
    total: int


class Channels(Struct, frozen=True):
    """The channels that are heard, those with the most subscribers first, 500 at the most."""

    channels: list[Heard]
    total: int


class Admin(Struct, frozen=True):
    """Answers admins; ``node`` is this server's name, ``clock`` in seconds since the epoch."""

    node: str
    gateway: Gateway
    hub: Hub
    orders: Orders
    revocations: Revocations
    clock: Callable[[], float]

    def connections(self, admin: Identity, user_id: str | None) -> Connections:
        """List the tenant's connections, or those of one of its users."""
        found = [
            (connection, who)
            for connection, who in self._of(admin)
            if user_id is None or who.user_id == user_id
        ][::-1]
        return Connections(
            [self._describe(*each) for each in found[:MOST_LISTED]], total=len(found)
        )

    def channels(self, admin: Identity) -> Channels:
        """List the channels that the tenant's connections hear, and the public ones."""
        heard = Counter(
            channel
            for connection, _ in self._of(admin)
            for channel in connection.channels
            if channel.kind is not Kind.PUBLIC
        )
        for key in self.hub.keys(Kind.PUBLIC):
            channel = Channel(Kind.PUBLIC, key)
            heard[channel] = len(self.hub.listeners(channel))
        listed = [
            Heard(channel.kind, str(channel), subscribers)
            for channel, subscribers in heard.most_common(MOST_LISTED)
        ]
        return Channels(listed, total=len(heard))

    async def access(self, admin: Identity, connection_id: str, name: str) -> Access:
        """Tell why a client does or does not hear a channel.

        Raises:
            Problem: 404, there is no such connection.
            StoreUnavailable: it cannot be found out whose the order is.
        """
        connection, who = self._find(admin, connection_id)
        try:
            channel = Channel.parse(name)
        except Refusal:
            return _access(name, False, Rule.MALFORMED)
        order = await self.orders.find(channel.key) if channel.kind is Kind.ORDER else None
        rule = judge(who, channel, order, has_expired=who.expires_at <= self.clock())
        return _access(name, channel in connection.channels, rule)

    def disconnect(self, admin: Identity, connection_id: str) -> int:
        """Hang up on one connection; returns 1.

        Raises:
            Problem: 404, there is no such connection.
        """
        connection, who = self._find(admin, connection_id)
        connection.hang_up(CloseCode.DISCONNECTED)
        log.info("%s of %s ended by %s", connection_id, who.user_id, admin.user_id)
        return 1

    async def disconnect_user(self, admin: Identity, user_id: str, revoke: bool) -> int:
        """Hang up on all of a user's connections, and refuse the tokens so far if asked to.

        Returns how many there were.

        Raises:
            Problem: 404, nobody can have this id.
            StoreUnavailable: nothing was revoked, and nobody hung up on.
        """
        if not is_key(user_id):
            raise _not_found("user")
        if revoke:
            await self.revocations.revoke(admin.tenant_id, user_id, self.clock())
            log.info("the tokens of %s were revoked by %s", user_id, admin.user_id)
        theirs = [connection for connection, who in self._of(admin) if who.user_id == user_id]
        for connection in theirs:
            connection.hang_up(CloseCode.DISCONNECTED)
        log.info("%d connections of %s ended by %s", len(theirs), user_id, admin.user_id)
        return len(theirs)

    def _of(self, admin: Identity) -> Iterator[tuple[Connection, Identity]]:
        for connection in self.gateway.connections():
            who = connection.identity
            if who is not None and admin.is_admin_of(who.tenant_id):
                yield connection, who

    def _find(self, admin: Identity, connection_id: str) -> tuple[Connection, Identity]:
        for connection, who in self._of(admin):
            if connection.id == connection_id:
                return connection, who
        raise _not_found("connection")

    def _describe(self, connection: Connection, who: Identity) -> Connected:
        return Connected(
            id=connection.id,
            user_id=who.user_id,
            name=who.name,
            role=who.role or None,
            node=self.node,
            connected_at=iso(connection.opened_at),
            last_heard_at=iso(connection.last_heard_at),
            channels=sorted(map(str, connection.channels)),
            messages_in=connection.messages_in,
            waiting_bytes=connection.outbox.waiting_bytes,
        )


def _access(name: str, joined: bool, rule: Rule) -> Access:
    return Access(name, joined, rule.opens, rule, rule.explanation)


def _not_found(what: str) -> Problem:
    return Problem(404, "not_found", f"There is no such {what}")
