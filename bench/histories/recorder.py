"""Records a history while it happens."""

from __future__ import annotations

import time

from bench.histories.events import Event, EventKind


class Recorder:
    """The history so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def record(
        self,
        kind: EventKind,
        *,
        client: str = "",
        channel: str = "",
        text: str = "",
        detail: str = "",
    ) -> None:
        """Record an event that happens now."""
        event = Event(
            at=time.monotonic(), kind=kind, client=client, channel=channel, text=text, detail=detail
        )
        self.events.append(event)
