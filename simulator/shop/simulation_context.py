"""Context that all parts of the simulation share: scheduler, RNG, sequence numbers, events."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime

from msgspec import UNSET, Raw, Struct, UnsetType

from protocol import codec
from protocol.channels import Channel, ChannelKind
from protocol.messages import Event
from protocol.publications import EVERYONE, Address, PublishRequest
from simulator.engine.scheduler import Scheduler
from simulator.shop.simulation_events import SimulationEvent

DurationRange = tuple[float, float]
"""Minimum and maximum duration, in virtual seconds."""
ANNOUNCEMENTS = Channel(ChannelKind.PUBLIC, "announcements")
"""The channel that all customers follow."""
BASE_RATE = 20.0
"""Publications per virtual second for which the durations are calibrated."""


class RunConfig(Struct, frozen=True, kw_only=True):
    """Configuration of a run; equal configurations give equal runs.

    ``started_at`` is in seconds since the epoch.  ``run_id`` (letters and digits) makes the ids
    of this run unique.  ``rate`` is the target mean of publications per virtual second.  The
    customers ``user_1`` to ``user_{connected_customers}`` have a WebSocket.
    """

    seed: int = 7
    rate: float = BASE_RATE
    connected_customers: int = 10
    tenant: str = "shop"
    run_id: str = "0"
    started_at: float = 0.0


class SimulationContext:
    """Context of one run; times are virtual seconds since its start.

    ``time_origin`` is time 0 in seconds since the epoch; ``rate`` may be changed at any time.
    """

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.time_origin = config.started_at
        self.rate = config.rate
        self.scheduler = Scheduler()
        self.rng = random.Random(config.seed)  # noqa: S311 - a simulation, not a secret
        self.published_by_type: Counter[str] = Counter()
        self._sequence_numbers: Counter[str] = Counter()
        self._events: list[SimulationEvent] = []

    def datetime_at(self, at: float) -> datetime:
        """Convert to UTC, rounded to milliseconds."""
        return datetime.fromtimestamp(round(self.time_origin + at, 3), UTC)

    def next_number(self, sequence: str) -> int:
        """Return the next number of a sequence, from 1."""
        self._sequence_numbers[sequence] += 1
        return self._sequence_numbers[sequence]

    def next_notification_id(self) -> str:
        """Return the id of the next notification."""
        return f"notif_{self.config.run_id}_{self.next_number('notification')}"

    def sample_duration(self, duration: DurationRange) -> float:
        """Draw a duration from its range."""
        return self.rng.uniform(*duration)

    def publish_to_user(self, customer_id: str, event: Event) -> None:
        """Publish to a customer's channel."""
        self.publish(Channel(ChannelKind.USER, customer_id), event)

    def publish_to_staff(self, event: Event) -> None:
        """Publish to the tenant's channel."""
        self.publish(Channel(ChannelKind.TENANT, self.config.tenant), event)

    def publish(self, address: Address, event: Event) -> None:
        """Publish to a channel, or to everyone."""
        type_ = str(event.__struct_config__.tag)
        self.published_by_type[type_] += 1
        channel: str | UnsetType = UNSET if address is EVERYONE else str(address)
        everyone: bool | UnsetType = True if address is EVERYONE else UNSET
        payload = Raw(codec.encode_json(event.payload))
        self.emit(PublishRequest(channel=channel, everyone=everyone, type=type_, payload=payload))

    def emit(self, event: SimulationEvent) -> None:
        """Add an event to those of the current step."""
        self._events.append(event)

    def drain_events(self) -> list[SimulationEvent]:
        """Return and remove the emitted events, oldest first."""
        events, self._events = self._events, []
        return events
