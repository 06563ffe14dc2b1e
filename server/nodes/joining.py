"""Puts together what was published and whom it reached.  Pure.

The one is heard as it is published, the other is told by each server a little later, and in
any order.  What is told after a publication was passed on is passed on by itself.
"""

from __future__ import annotations

from protocol.publications import Publication

HOLD_S = 0.5  # servers tell every quarter of a second whom they reached
LATE_S = 10.0  # for which a publication is remembered, or what was told of one not yet heard
Key = tuple[str, int]
Reaches = list[tuple[Publication, int]]


class Joining:
    """Holds publications until it is likely to be known whom they reached.

    Told the time in seconds of any one clock.
    """

    def __init__(self) -> None:
        self._held: dict[Key, tuple[Publication, float]] = {}
        self._passed: dict[Key, tuple[Publication, float]] = {}
        self._reached: dict[Key, tuple[int, float]] = {}

    def published(self, publication: Publication, now: float) -> None:
        """Take what was published."""
        if publication.position is not None:
            self._held[str(publication.to), publication.position.offset] = publication, now

    def reached(self, address: str, offset: int, number: int, now: float) -> None:
        """Take to how many more sockets a publication went."""
        known, at = self._reached.get((address, offset), (0, now))
        self._reached[address, offset] = known + number, at

    def due(self, now: float) -> tuple[Reaches, Reaches]:
        """Return what to pass on: publications, and later reaches of those passed on before."""
        late = [
            (self._passed[key][0], self._reached.pop(key)[0])
            for key in self._reached.keys() & self._passed.keys()
        ]
        due = []
        for key, (publication, since) in list(self._held.items()):
            if now - since < HOLD_S:
                break
            del self._held[key]
            due.append((publication, self._reached.pop(key, (0, 0.0))[0]))
            self._passed[key] = publication, now
        for remembered in (self._passed, self._reached):
            _forget(remembered, now - LATE_S)
        return due, late

    def clear(self) -> None:
        """Begin again with nothing."""
        self._held.clear()
        self._passed.clear()
        self._reached.clear()


def _forget(
    remembered: dict[Key, tuple[Publication, float]] | dict[Key, tuple[int, float]], before: float
) -> None:
    """Drop from the oldest on; entries keep the time of their first, and so their order."""
    for key, (_, at) in list(remembered.items()):
        if at >= before:
            break
        del remembered[key]
