"""Context that all parts of the simulation share: scheduler, RNG, sequence numbers, events."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

from msgspec import UNSET, Raw, Struct, UnsetType

from protocol import codec
from protocol.channels import Channel, Kind
from protocol.messages import Event
from protocol.publications import EVERYONE, Address, Draft
from simulator.agenda import Agenda
from simulator.happenings import Happening

Span = tuple[float, float]
"""Minimum and maximum duration, in virtual seconds."""


USUAL_RATE = 20.0
"""Publications per virtual second for which the durations are calibrated."""


class Start(Struct, frozen=True, kw_only=True):
    """Configuration of a run; equal configurations give equal runs.

    ``started_at`` is in seconds since the epoch.  ``run`` makes the ids of this run differ from
    those of every other: letters and digits.  ``rate`` is the mean number of publications a
    virtual second; the customers ``user_1`` to ``user_{present}`` hold WebSockets.
    """

    seed: int = 7
    rate: float = USUAL_RATE
    present: int = 10
    tenant: str = "shop"
    run: str = "0"
    started_at: float = 0.0


class Desk:
    """One per shop; times are virtual seconds since its start.

    ``anchor`` is when time 0 was, in seconds since the epoch; ``rate`` may be changed at any time.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self.anchor = start.started_at
        self.rate = start.rate
        self.agenda = Agenda()
        self.draw = random.Random(start.seed)  # noqa: S311 - the same seed, the same day
        self.published: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()
        self._tray: list[Happening] = []

    def moment(self, at: float) -> datetime:
        """Return the UTC time, to the millisecond."""
        return datetime.fromtimestamp(round(self.anchor + at, 3), UTC)

    def number(self, series: str) -> int:
        """Return the next number of a sequence, from 1."""
        self._numbers[series] += 1
        return self._numbers[series]

    def notice_id(self) -> str:
        """Return the id of the next notification."""
        return f"notif_{self.start.run}_{self.number('notification')}"

    def within(self, span: Span) -> float:
        """Sample a duration."""
        return self.draw.uniform(*span)

    def to_user(self, customer_id: str, event: Event) -> None:
        """Publish on a customer's channel."""
        self.publish(Channel(Kind.USER, customer_id), event)

    def to_staff(self, event: Event) -> None:
        """Publish on the tenant's channel."""
        self.publish(Channel(Kind.TENANT, self.start.tenant), event)

    def publish(self, to: Address, event: Event) -> None:
        """Emit a publication for a channel, or for everyone."""
        type_ = str(event.__struct_config__.tag)
        self.published[type_] += 1
        channel: str | UnsetType = UNSET if to is EVERYONE else str(to)
        everyone: bool | UnsetType = True if to is EVERYONE else UNSET
        payload = Raw(codec.write(event.payload))
        self.have(Draft(channel=channel, everyone=everyone, type=type_, payload=payload))

    def have(self, happening: Happening) -> None:
        """Emit an event."""
        self._tray.append(happening)

    def empty_tray(self) -> list[Happening]:
        """Return and clear the emitted events, oldest first."""
        tray, self._tray = self._tray, []
        return tray
