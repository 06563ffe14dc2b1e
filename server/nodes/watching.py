"""Which node tells those who watch a tenant's traffic, and what it knows of the others'.

One node speaks for all, the one that has been there longest: what is published is told once,
whoever published it, and a monitor channel has one history.  That node taps everything that
is published for the tenants that are watched anywhere; all nodes tell it whom they reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from protocol.channels import Channel, Kind
from protocol.publications import EVERYONE, Publication
from server.brokers.base import Broker
from server.hub import Hub
from server.nodes.joining import Joining
from server.nodes.letters import Reached, Reaches
from server.nodes.roster import Roster

FRESH_S = 2.0  # for which a number of subscribers stands that a node has told


class Teller(Protocol):
    """Whoever tells: is handed what this node is to tell."""

    def saw(self, publication: Publication, reached: int) -> None:
        """Count a publication."""

    def saw_late(self, publication: Publication, reached: int) -> None:
        """Count more sockets that a publication reached which has been counted."""

    def subscribers_here(self, tenant: str, channel: str) -> int:
        """Count who hears a channel on this node, as far as it is the tenant's business."""
        ...


class Watch(Protocol):
    """One node's part in what those who watch are told."""

    def is_told(self, tenant: str) -> bool:
        """Tell whether this node tells of a tenant's traffic."""
        ...

    def delivered(self, publication: Publication, reached: int) -> None:
        """Take note that a publication was delivered here: see ``Hub.observers``."""

    async def turn(self, now: float) -> set[str]:
        """Do what is due several times a second; returns the tenants that are told of here."""
        ...

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel, here and elsewhere."""
        ...


class OwnWatch:
    """The watch of a server that is alone: tells at once."""

    def __init__(self, hub: Hub, teller: Teller) -> None:
        self._hub = hub
        self._teller = teller

    def is_told(self, tenant: str) -> bool:
        """Tell whether anybody watches the tenant."""
        return bool(self._hub.listeners(Channel(Kind.MONITOR, tenant)))

    def delivered(self, publication: Publication, reached: int) -> None:
        """Count it."""
        self._teller.saw(publication, reached)

    async def turn(self, now: float) -> set[str]:
        """Return whom anybody watches."""
        del now
        return self._hub.keys(Kind.MONITOR)

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel."""
        del now
        return self._teller.subscribers_here(tenant, channel)


class Standing(Protocol):
    """A node's standing among the others."""

    @property
    def is_first(self) -> bool:
        """Tell whether it has been there longest, and knows that."""
        ...

    def tell_watched(self, tenants: frozenset[str]) -> None:
        """Tell the others at once whom anybody watches on this node."""

    def tell_reached(self, reached: Reached) -> None:
        """Tell the others whom publications reached on this node."""


class SharedWatch:
    """The watch of one server in a cluster; ``clock`` is in seconds."""

    def __init__(
        self,
        hub: Hub,
        broker: Broker,
        teller: Teller,
        roster: Roster,
        standing: Standing,
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._broker = broker
        self._teller = teller
        self._roster = roster
        self._standing = standing
        self._clock = clock
        self._watched_here: frozenset[str] = frozenset()
        self._watched: set[str] = set()
        self._told: set[str] = set()
        self._joining = Joining()
        self._reached: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self._elsewhere: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}

    def is_told(self, tenant: str) -> bool:
        """Tell whether this node speaks for all about a tenant."""
        return tenant in self._told

    def delivered(self, publication: Publication, reached: int) -> None:
        """Keep whom it reached until the next turn, if anybody watches its tenant anywhere."""
        if publication.tenant in self._watched and publication.position is not None:
            channels = self._reached.setdefault(publication.tenant, {})
            reaches = channels.setdefault(str(publication.to), [])
            reaches.append((publication.position.offset, reached))

    def tapped(self, publications: Sequence[Publication]) -> None:
        """Take what was published, by whomever."""
        now = self._clock()
        for publication in publications:
            self._joining.published(publication, now)

    def heard(self, node: str, reached: Reached) -> None:
        """Take whom publications reached on another node."""
        if not self._told:
            return
        now = self._clock()
        for address, reaches in reached.channels.items():
            told = self._elsewhere.setdefault((reached.tenant, address), {})
            told[node] = reaches.subscribers, now
            for offset, number in reaches.reached:
                self._joining.reached(address, offset, number, now)

    async def turn(self, now: float) -> set[str]:
        """Tell what was reached, or hand on what all have reached."""
        watched_here = frozenset(self._hub.keys(Kind.MONITOR))
        if watched_here != self._watched_here:
            self._watched_here = watched_here
            self._standing.tell_watched(watched_here)
        elsewhere = (peer.watched for peer in self._roster.peers.values())
        self._watched = set(watched_here).union(*elsewhere)
        told = self._watched if self._standing.is_first else set()
        if told != self._told:
            await self._broker.tap(told)
            if not told:
                self._joining.clear()
                self._elsewhere.clear()
            self._told = set(told)
        self._flush(now)
        due, late = self._joining.due(now)
        for publication, number in due:
            self._teller.saw(publication, number)
        for publication, number in late:
            self._teller.saw_late(publication, number)
        return self._told

    def subscribers(self, tenant: str, channel: str, now: float) -> int:
        """Count who hears a channel, here and on the nodes that delivered it just now."""
        here = self._teller.subscribers_here(tenant, channel)
        if channel == str(EVERYONE):
            return here + sum(peer.stats.connections for peer in self._roster.peers.values())
        told = self._elsewhere.get((tenant, channel), {})
        return here + sum(number for number, at in told.values() if now - at < FRESH_S)

    def _flush(self, now: float) -> None:
        reached, self._reached = self._reached, {}
        for tenant, channels in reached.items():
            if tenant in self._told:
                for address, reaches in channels.items():
                    for offset, number in reaches:
                        self._joining.reached(address, offset, number, now)
            else:
                told = {
                    address: Reaches(self._teller.subscribers_here(tenant, address), reaches)
                    for address, reaches in channels.items()
                }
                self._standing.tell_reached(Reached(tenant, told))
        for key, nodes in list(self._elsewhere.items()):
            if all(now - at >= FRESH_S for _, at in nodes.values()):
                del self._elsewhere[key]
