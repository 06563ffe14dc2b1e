"""What an admin may see and end, on whichever node: the tenant's own, and nothing of others.

Knows no HTTP.  Puts together what the nodes answer; a node that does not answer in time is
named in ``silent``.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType, field

from protocol.channels import is_key
from protocol.monitoring import NodeStats
from server.desk import MOST_LISTED
from server.identity import Identity
from server.nodes.peers import Peers
from server.nodes.questions import (
    Access,
    ChannelList,
    Connected,
    ConnectionList,
    Done,
    HangUpOne,
    HangUpUser,
    JudgeAccess,
    Judged,
    ListChannels,
    ListConnections,
    Question,
)
from server.replies import Problem
from server.revocations import Revocations

log = logging.getLogger(__name__)
Silent = list[str] | UnsetType


class Connections(Struct, frozen=True, omit_defaults=True):
    """The tenant's connections, the latest first, 500 at the most; ``total`` counts all."""

    connections: list[Connected]
    total: int
    silent: Silent = field(default=UNSET, name="silent")


class Heard(Struct, frozen=True):
    """A channel and how many of the tenant's connections hear it; all, if it is public."""

    kind: str
    name: str
    subscribers: int


class Channels(Struct, frozen=True, omit_defaults=True):
    """The channels that are heard, those with the most subscribers first, 500 at the most."""

    channels: list[Heard]
    total: int
    silent: Silent = field(default=UNSET, name="silent")


class Nodes(Struct, frozen=True):
    """Every node, as the monitor describes them."""

    nodes: list[NodeStats]


class Admin(Struct, frozen=True):
    """Answers admins; ``clock`` is in seconds since the epoch.

    Everything raises PeersUnavailable while the other nodes cannot be reached.
    """

    peers: Peers
    revocations: Revocations
    clock: Callable[[], float]

    async def connections(self, admin: Identity, user_id: str | None) -> Connections:
        """List the tenant's connections, or those of one of its users."""
        asked = await self.peers.ask(ListConnections(admin.tenant_id, user_id), ConnectionList)
        listed = [each for answer in asked.answers for each in answer.connections]
        if len(asked.answers) > 1:
            listed.sort(key=lambda each: each.connected_at, reverse=True)
        total = sum(answer.total for answer in asked.answers)
        return Connections(listed[:MOST_LISTED], total, asked.silent or UNSET)

    async def channels(self, admin: Identity) -> Channels:
        """List the channels that the tenant's connections hear, and the public ones."""
        asked = await self.peers.ask(ListChannels(admin.tenant_id), ChannelList)
        heard = Counter[str]()
        for answer in asked.answers:
            heard.update(answer.subscribers)
        listed = [
            Heard(name.partition(":")[0], name, subscribers)
            for name, subscribers in heard.most_common(MOST_LISTED)
        ]
        return Channels(listed, len(heard), asked.silent or UNSET)

    def nodes(self) -> Nodes:
        """Describe every node."""
        return Nodes(self.peers.nodes())

    async def access(self, admin: Identity, connection_id: str, name: str) -> Access:
        """Tell why a client does or does not hear a channel.

        Raises:
            Problem: 404, there is no such connection; 503, it may be on a silent node.
            StoreUnavailable: it cannot be found out whose the order is.
        """
        question = JudgeAccess(admin.tenant_id, connection_id, name)
        asked = await self.peers.ask(question, Judged)
        for answer in asked.answers:
            if answer.access is not None:
                return answer.access
        raise _silent(asked.silent) if asked.silent else _not_found("connection")

    async def disconnect(self, admin: Identity, connection_id: str) -> int:
        """Hang up on one connection; returns 1.

        Raises:
            Problem: 404, there is no such connection; 503, it may be on a silent node.
        """
        number = await self._hang_up(HangUpOne(admin.tenant_id, connection_id), enough=1)
        if not number:
            raise _not_found("connection")
        log.info("%s ended by %s", connection_id, admin.user_id)
        return number

    async def disconnect_user(self, admin: Identity, user_id: str, revoke: bool) -> int:
        """Hang up on all of a user's connections, and refuse the tokens so far if asked to.

        Returns how many there were.

        Raises:
            Problem: 404, nobody can have this id; 503, a node is silent: what could be done
                is done, and asking again does no harm.
            StoreUnavailable: nothing was revoked, and nobody hung up on.
        """
        if not is_key(user_id):
            raise _not_found("user")
        at = self.clock() if revoke else None
        if at is not None:
            await self.revocations.revoke(admin.tenant_id, user_id, at)
            log.info("the tokens of %s were revoked by %s", user_id, admin.user_id)
        number = await self._hang_up(HangUpUser(admin.tenant_id, user_id, at))
        log.info("%d connections of %s ended by %s", number, user_id, admin.user_id)
        return number

    async def _hang_up(self, question: Question, enough: int | None = None) -> int:
        asked = await self.peers.ask(question, Done)
        number = sum(answer.connections for answer in asked.answers)
        if asked.silent and (enough is None or number < enough):
            raise _silent(asked.silent)
        return number


def _not_found(what: str) -> Problem:
    return Problem(404, "not_found", f"There is no such {what}")


def _silent(names: list[str]) -> Problem:
    return Problem(503, "unavailable", f"No answer from {', '.join(names)}: ask again")
