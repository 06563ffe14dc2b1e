"""Counters of a node since its start."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from protocol.messages import Message
from protocol.publications import Publication


def _by_class() -> defaultdict[type[Message], int]:
    return defaultdict(int)


@dataclass(slots=True)
class TrafficCounts:
    """What is counted for a node and for each of its tenants.

    ``messages_out`` counts messages queued for connections, replies and deliveries alike;
    ``refusals`` are by error code, ``closes`` by close code.
    """

    messages_in: int = 0
    messages_out: int = 0
    publications: int = 0
    deliveries: int = 0
    evictions: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class TenantCounts(TrafficCounts):
    """The part of the totals that belongs to one tenant: no other tenant's admin sees it.

    ``connected`` and ``left`` count signed-in connections.
    """

    connected: int = 0
    left: int = 0


@dataclass(slots=True)
class Counters(TrafficCounts):
    """Totals of a node.

    ``received`` counts valid messages and ``replies`` the replies to them, by class: this
    costs less than by name, and clients cannot invent classes.  They are ``defaultdict``s,
    because a ``Counter`` takes three times as long.  ``replays`` counts, by type, messages
    that were sent again to a client that asked for the last one.  ``unreadable`` counts what
    came from Redis in a format that this version does not know, by where it came from, and
    ``auth_failures`` what was rejected for its token or origin, by where it was rejected.
    ``by_tenant`` has the parts of signed-in connections and of publications; the rest belongs
    to no tenant.
    """

    received: defaultdict[type[Message], int] = field(default_factory=_by_class)
    replies: defaultdict[type[Message], int] = field(default_factory=_by_class)
    replays: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    auth_failures: Counter[str] = field(default_factory=Counter)
    by_tenant: dict[str, TenantCounts] = field(default_factory=dict)

    def of_tenant(self, tenant_id: str) -> TenantCounts:
        """Return the counts of a tenant; an empty id stands for what belongs to none."""
        counts = self.by_tenant.get(tenant_id)
        if counts is None:
            counts = self.by_tenant[tenant_id] = TenantCounts()
        return counts

    def on_delivered(self, publication: Publication, reached: int) -> None:
        """Count a publication for its tenant: see ``Hub.observers``."""
        counts = self.of_tenant(publication.tenant)
        counts.publications += 1
        counts.deliveries += reached
        counts.messages_out += reached
