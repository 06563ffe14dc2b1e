"""Evaluates a history.  Pure.

For each client and channel: every accepted message is delivered exactly once and in order, or a
gap is reported between the last message before the missing ones and the first after them.
Nothing is delivered that was not published, or was refused, or comes after the end of a
subscription.  A lost connection excuses nothing: the client recovers.

In a history each channel has one publisher, which awaits an answer before it goes on.  What has
no clear answer may be delivered, once, at any place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from bench.histories.events import Event, EventKind


class ViolationKind(StrEnum):
    """What is wrong."""

    LOST = "lost"  # an accepted message was not delivered, and no gap was reported
    DOUBLED = "doubled"
    OUT_OF_ORDER = "out of order"
    UNPUBLISHED = "unpublished"  # delivered, but not published on this channel
    REFUSED = "refused"  # delivered, though the request was refused
    UNSUBSCRIBED = "unsubscribed"  # delivered outside a subscription


class Violation(Struct, frozen=True):
    """One message that one client should have received otherwise."""

    kind: ViolationKind
    client: str
    channel: str
    text: str


class Verdict(Struct, frozen=True):
    """What is wrong with a history, and how many events of each kind it has."""

    violations: Sequence[Violation]
    counts: Counter[EventKind]


class _Publication(Struct):
    """A message; ``index`` is its place in the channel, ``outcome`` the answer to it."""

    index: int
    published_at: float
    outcome: EventKind = EventKind.UNKNOWN


class _Period(Struct):
    """Time of a client on a channel without a gap; with the accepted messages it received."""

    began: float
    received: set[int]


class _Listener:
    """One client on one channel."""

    def __init__(self, client: str, channel: str, published: dict[str, _Publication]) -> None:
        self._client, self._channel = client, channel
        self._published = published
        self._is_wanted = self._is_delivery_allowed = False
        self._period: _Period | None = None
        self._received: set[str] = set()
        self._last_index = -1
        self.violations: list[Violation] = []

    def on_event(self, event: Event) -> None:
        """Take the next event of this client on this channel."""
        match event.kind:
            case EventKind.SUBSCRIBE:
                self._is_wanted = self._is_delivery_allowed = True
            case EventKind.SUBSCRIBED:
                if self._is_wanted and self._period is None:
                    self._period = _Period(event.at, set())
            case EventKind.GAP:
                if self._period is not None:
                    self._end_period()
                    self._period = _Period(event.at, set())
            case EventKind.UNSUBSCRIBE:
                self._is_wanted = False
                self._end_period()
            case EventKind.UNSUBSCRIBED | EventKind.REJECTED:
                self._is_wanted = self._is_delivery_allowed = False
                self._end_period()
            case EventKind.RECEIVED:
                self._on_received(event.text)
            case _:
                pass

    def finish(self) -> None:
        """Evaluate what was still due when the history ended."""
        self._end_period(is_history_over=True)

    def _on_received(self, text: str) -> None:
        publication = self._published.get(text)
        if publication is None:
            self._report(ViolationKind.UNPUBLISHED, text)
            return
        if publication.outcome is EventKind.REFUSED:
            self._report(ViolationKind.REFUSED, text)
        if not self._is_delivery_allowed:
            self._report(ViolationKind.UNSUBSCRIBED, text)
        if text in self._received:
            self._report(ViolationKind.DOUBLED, text)
            return
        self._received.add(text)
        if publication.outcome is not EventKind.ACCEPTED:
            return
        if publication.index < self._last_index:
            self._report(ViolationKind.OUT_OF_ORDER, text)
        self._last_index = max(self._last_index, publication.index)
        if self._period is not None:
            self._period.received.add(publication.index)

    def _end_period(self, *, is_history_over: bool = False) -> None:
        """Evaluate what was due: all between the received ones, and all published since the begin.

        What follows the last message that was received may be lost with the end, unless that
        is the end of the history.
        """
        period, self._period = self._period, None
        if period is None:
            return
        first = min(period.received, default=None)
        last = max(period.received, default=None)
        for text, publication in self._published.items():
            if publication.outcome is not EventKind.ACCEPTED or text in self._received:
                continue
            index = publication.index
            is_after_begin = publication.published_at > period.began or (
                first is not None and index > first
            )
            if is_after_begin and (is_history_over or (last is not None and index < last)):
                self._report(ViolationKind.LOST, text)

    def _report(self, kind: ViolationKind, text: str) -> None:
        self.violations.append(Violation(kind, self._client, self._channel, text))


def check_history(events: Iterable[Event]) -> Verdict:
    """Evaluate a history; see the module's docstring."""
    events = list(events)
    published = _publications(events)
    listeners: dict[tuple[str, str], _Listener] = {}
    for event in events:
        if not event.client or not event.channel:
            continue
        key = event.client, event.channel
        if key not in listeners:
            listeners[key] = _Listener(*key, published.get(event.channel, {}))
        listeners[key].on_event(event)
    for listener in listeners.values():
        listener.finish()
    violations = [one for listener in listeners.values() for one in listener.violations]
    return Verdict(violations, Counter(event.kind for event in events))


def _publications(events: Iterable[Event]) -> dict[str, dict[str, _Publication]]:
    """Return what was published on each channel, in order, by its text."""
    published: dict[str, dict[str, _Publication]] = {}
    for event in events:
        if event.client:
            continue
        channel = published.setdefault(event.channel, {})
        if event.kind is EventKind.PUBLISH:
            channel[event.text] = _Publication(len(channel), event.at)
        elif event.kind in (EventKind.ACCEPTED, EventKind.REFUSED):
            channel[event.text].outcome = event.kind
    return published
