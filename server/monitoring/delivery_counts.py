"""Puts together what was published and whom it reached.  Pure.

The one is heard as it is published, the other is told by each server a little later, and in
any order.  What is told after a publication was passed on is passed on by itself.
"""

from __future__ import annotations

from protocol.publications import Publication

HOLD_S = 0.5  # servers tell every quarter of a second whom they reached
LATE_TTL_S = 10.0  # for which a publication is remembered, or what was told of one not yet heard
PublicationKey = tuple[str, int]
PublicationCounts = list[tuple[Publication, int]]


class DeliveryAggregator:
    """Holds publications until it is likely to be known whom they reached.

    Told the time in seconds of any one clock.
    """

    def __init__(self) -> None:
        self._held: dict[PublicationKey, tuple[Publication, float]] = {}
        self._emitted: dict[PublicationKey, tuple[Publication, float]] = {}
        self._counts: dict[PublicationKey, tuple[int, float]] = {}

    def on_published(self, publication: Publication, now: float) -> None:
        """Take what was published."""
        if publication.position is not None:
            self._held[str(publication.to), publication.position.offset] = publication, now

    def on_delivered(self, address: str, offset: int, number: int, now: float) -> None:
        """Take to how many more sockets a publication went."""
        known, at = self._counts.get((address, offset), (0, now))
        self._counts[address, offset] = known + number, at

    def take_due(self, now: float) -> tuple[PublicationCounts, PublicationCounts]:
        """Return what to pass on: publications, and later reaches of those passed on before."""
        late = [
            (self._emitted[key][0], self._counts.pop(key)[0])
            for key in self._counts.keys() & self._emitted.keys()
        ]
        due = []
        for key, (publication, since) in list(self._held.items()):
            if now - since < HOLD_S:
                break
            del self._held[key]
            due.append((publication, self._counts.pop(key, (0, 0.0))[0]))
            self._emitted[key] = publication, now
        for remembered in (self._emitted, self._counts):
            _drop_expired(remembered, now - LATE_TTL_S)
        return due, late

    def clear(self) -> None:
        """Begin again with nothing."""
        self._held.clear()
        self._emitted.clear()
        self._counts.clear()


def _drop_expired(
    remembered: dict[PublicationKey, tuple[Publication, float]]
    | dict[PublicationKey, tuple[int, float]],
    before: float,
) -> None:
    """Drop from the oldest on; entries keep the time of their first, and so their order."""
    for key, (_, at) in list(remembered.items()):
        if at >= before:
            break
        del remembered[key]
