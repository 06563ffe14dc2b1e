"""Joins publications with the counts of their deliveries on all nodes.  Pure.

A publication arrives when it is published, and the counts of the nodes a little later, in
any order.  Counts that arrive after their publication was emitted are emitted separately.
"""

from __future__ import annotations

from protocol.publications import Publication

HOLD_S = 0.5  # nodes send their counts every quarter of a second
LATE_TTL_S = 10.0  # how long a publication, or a count without one, is kept
PublicationKey = tuple[str, str, int]  # tenant, address and offset: tenants share order ids
PublicationCounts = list[tuple[Publication, int]]


class DeliveryAggregator:
    """Holds publications until the counts of all nodes should have arrived.

    Callers pass the current time, in seconds of any one clock.
    """

    def __init__(self) -> None:
        self._held: dict[PublicationKey, tuple[Publication, float]] = {}
        self._emitted: dict[PublicationKey, tuple[Publication, float]] = {}
        self._counts: dict[PublicationKey, tuple[int, float]] = {}

    def on_published(self, publication: Publication, now: float) -> None:
        """Hold a publication."""
        if publication.position is not None:
            key = publication.tenant, str(publication.to), publication.position.offset
            self._held[key] = publication, now

    def on_delivered(self, tenant: str, address: str, offset: int, number: int, now: float) -> None:
        """Add to the deliveries of a tenant's publication."""
        key = tenant, address, offset
        known, at = self._counts.get(key, (0, now))
        self._counts[key] = known + number, at

    def take_due(self, now: float) -> tuple[PublicationCounts, PublicationCounts]:
        """Return publications with their deliveries, and late deliveries of earlier ones."""
        late = [
            (self._emitted[key][0], self._counts.pop(key)[0])
            for key in self._counts.keys() & self._emitted.keys()
        ]
        due = []
        for key, (publication, held_since) in list(self._held.items()):
            if now - held_since < HOLD_S:
                break
            del self._held[key]
            due.append((publication, self._counts.pop(key, (0, 0.0))[0]))
            self._emitted[key] = publication, now
        for entries in (self._emitted, self._counts):
            _drop_expired(entries, now - LATE_TTL_S)
        return due, late

    def clear(self) -> None:
        """Drop everything."""
        self._held.clear()
        self._emitted.clear()
        self._counts.clear()


def _drop_expired(
    entries: dict[PublicationKey, tuple[Publication, float]]
    | dict[PublicationKey, tuple[int, float]],
    before: float,
) -> None:
    """Drop the oldest entries.  An entry keeps its first time, so they are in order."""
    for key, (_, at) in list(entries.items()):
        if at >= before:
            break
        del entries[key]
