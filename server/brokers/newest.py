"""The newest publication of each channel, for a while: what ``last`` is answered from.  Pure."""

from __future__ import annotations

from collections import OrderedDict

from protocol.channels import Channel
from protocol.publications import Publication

KEPT_S = 600.0
MOST_CHANNELS = 20_000  # about 15 MB of the shop's messages; the longest silent is forgotten


class Newest:
    """Remembers one publication a channel."""

    def __init__(self) -> None:
        self._newest: OrderedDict[Channel, Publication] = OrderedDict()

    def keep(self, publication: Publication) -> None:
        """Put it in the place of the channel's former one, and forget one that is too old."""
        channel = publication.to
        if not isinstance(channel, Channel):
            return
        self._newest[channel] = publication
        self._newest.move_to_end(channel)
        oldest = next(iter(self._newest.values()))
        too_old = publication.accepted_at - oldest.accepted_at > KEPT_S
        if too_old or len(self._newest) > MOST_CHANNELS:
            self._newest.popitem(last=False)

    def find(self, channel: Channel, now: float) -> Publication | None:
        """Return the channel's newest publication, unless it is too old."""
        found = self._newest.get(channel)
        return found if found is not None and now - found.accepted_at <= KEPT_S else None
