"""The frames of the map's socket: what is new in the feed's snapshots, compactly.  Pure.

A frame is a JSON object.  People, channels and types are numbered per socket, and named in the
first frame that uses them.  ``v``, ``t`` and ``ms`` are always there, the others if they are not
empty:

========== =======================================================================================
t, ms      the end of the covered time (ms since the epoch) and its length; 0: no new report
seq        number of the first row's message in the log; numbers of rows are consecutive
people     new or changed: ``[number, user, name, role, channels, nodes]``; nodes if several run
gone       ``[number, close code, event]``; the event is a `ConnectionEventKind`,
           or empty with code 0 if no event says why
back       numbers of people who connected again
waiting    ``[number, percent]``: how full the send queue is, of those in which something waits
names      new channels: ``{number: name}``; 0 is everyone
forget     numbers of channels that will not be used again
types      new message types, numbered in this order from 0
rows       messages: ``[channel, type, reached, ms, sender]``; the sender in chat only
kinds      exact counts by kind: ``{kind: [messages, deliveries]}``
busy       exact counts of the busiest channels: ``[channel, messages]``
refused    refused requests: ``[code, channel, user, ms]``; ``refused_more`` were not listed
left_out   messages without a row
live       0 while the workbench has no connection to the server
========== =======================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from dashboard.messages import people
from dashboard.state.channels import EVERYONE_ADDRESS
from dashboard.state.connection_events import ENDS
from dashboard.state.live_state import Snapshot
from dashboard.state.message_log import LoggedMessage
from dashboard.state.recent_traffic import RecentTraffic, ReportedTraffic
from protocol.admin_api import ConnectionInfo
from protocol.monitoring import ConnectionEvent, ConnectionEventKind, RefusedRequest

VERSION = 1
MAX_ROWS = 150  # of a frame; a slow browser gets the newest
MAX_CHANNELS = 2_000  # numbered at a time
MAX_PEOPLE = 2_000
STATS_INTERVAL_MS = 1_000
Connections = tuple[ConnectionInfo[datetime], ...]


class ConnectedPerson(Struct):
    """A user, as one socket knows it; ``waiting`` is how full the send queue is, in percent.

    Without ``connections`` the user has left.
    """

    number: int
    name: str
    role: str
    channels: tuple[str, ...]
    nodes: tuple[str, ...]
    connections: frozenset[str]
    waiting: int = 0

    def looks_like(self, other: ConnectedPerson) -> bool:
        """Tell whether the map shows the same of both."""
        ours = (self.name, self.role, self.channels, self.nodes, bool(self.connections))
        return ours == (
            other.name,
            other.role,
            other.channels,
            other.nodes,
            bool(other.connections),
        )


class _PeopleChanges(Struct):
    """What happened to people since the last frame, as the frame describes it."""

    people: list[list[Any]]
    gone: list[tuple[int, int, str]]
    back: list[int]


class _Channels:
    """Numbers of channels; the names of new ones are taken with the frame."""

    def __init__(self) -> None:
        self._numbers = {EVERYONE_ADDRESS: 0}
        self._last = 0
        self._new: dict[int, str] = {}

    def number(self, channel: str) -> int:
        """Return the number of a channel."""
        number = self._numbers.pop(channel, None)
        if number is None:
            self._last += 1
            number = self._last
            self._new[number] = channel
        self._numbers[channel] = number  # put back: the first was not used for longest
        return number

    def take_new(self) -> dict[int, str]:
        """Return the channels that were numbered since the last call."""
        new, self._new = self._new, {}
        return new

    def forget(self, used: set[str]) -> list[int]:
        """Free the numbers beyond the limit, but for channels in use."""
        excess = len(self._numbers) - MAX_CHANNELS
        if excess <= 0:
            return []
        unused = [name for name in self._numbers if name != EVERYONE_ADDRESS and name not in used]
        return [self._numbers.pop(name) for name in unused[:excess]]


class MapFrames:
    """Makes the frames of one socket."""

    def __init__(self) -> None:
        self._channels = _Channels()
        self._types: dict[str, int] = {}
        self._people: dict[str, ConnectedPerson] = {}
        self._last_person = 0
        self._traffic: RecentTraffic | None = None
        self._events: tuple[ConnectionEvent, ...] = ()
        self._ended: set[str] = set()
        self._listed: Connections | None = None
        self._waiting: list[tuple[int, int]] = []
        self._was_live = True

    def next_frame(self, now: Snapshot, connections: Connections, *, is_live: bool) -> bytes | None:
        """Return what is new since the last frame; None if nothing is.

        ``connections`` is the last known list of the tenant's connections.
        """
        is_first = self._traffic is None
        before, self._traffic = self._traffic or now.recent_traffic, now.recent_traffic
        changes = self._update_people(now, connections, is_first=is_first)
        waiting = [(one.number, one.waiting) for one in self._people.values() if one.waiting]
        frame = {
            "people": changes.people,
            "gone": changes.gone,
            "back": changes.back,
            **self._new_messages(before, now.recent_traffic),
            **_new_refusals(before, now.recent_traffic),
        }
        names, forgotten = self._channels.take_new(), self._channels.forget(self._subscribed())
        found = {key: value for key, value in frame.items() if value}
        is_news = found or is_first or is_live != self._was_live or waiting != self._waiting
        self._waiting, self._was_live = waiting, is_live
        if not is_news:
            return None
        found = {"v": VERSION, "t": round(now.at * 1000), "ms": 0, **found}
        if names:
            found["names"] = names
        if forgotten:
            found["forget"] = forgotten
        if waiting:
            found["waiting"] = waiting
        if not is_live:
            found["live"] = 0
        return msgspec.json.encode(found)

    # ---- people

    def _update_people(
        self, now: Snapshot, connections: Connections, *, is_first: bool
    ) -> _PeopleChanges:
        changes = _PeopleChanges([], [], [])
        if now.connection_events is not self._events:
            known = {_event_key(event) for event in self._events}
            self._events = now.connection_events
            self._ended = {event.connection_id for event in self._events if event.event in ENDS}
            for event in self._events:
                if not is_first and _event_key(event) not in known:
                    self._apply_event(event, changes)
        if connections is not self._listed:
            self._listed = connections
            self._apply_list(connections, changes, several_nodes=len(now.nodes.stats) > 1)
            self._measure_queues(connections, now.nodes.queue_limit_bytes)
        return changes

    def _apply_event(self, event: ConnectionEvent, changes: _PeopleChanges) -> None:
        person = self._people.get(event.user_id)
        if person is None:
            return  # the list will name the user
        was_here = bool(person.connections)
        if event.event in ENDS:
            person.connections -= {event.connection_id}
            if was_here and not person.connections:
                person.waiting = 0
                changes.gone.append((person.number, event.code, event.event))
                changes.back = [number for number in changes.back if number != person.number]
        elif event.event == ConnectionEventKind.CONNECTED:
            person.connections |= {event.connection_id}
            if not was_here:
                changes.back.append(person.number)

    def _apply_list(
        self, connections: Connections, changes: _PeopleChanges, *, several_nodes: bool
    ) -> None:
        by_user: dict[str, list[ConnectionInfo[datetime]]] = {}
        for connection in connections:
            if connection.id not in self._ended:  # the list may be older than the events
                by_user.setdefault(connection.user_id, []).append(connection)
        for user, person in self._people.items():
            if person.connections and user not in by_user:
                person.connections, person.waiting = frozenset(), 0
                changes.gone.append((person.number, 0, ""))
        for user, theirs in by_user.items():
            before = self._people.pop(user, None)
            if before is None:
                self._last_person += 1
            person = _person(before.number if before else self._last_person, theirs, several_nodes)
            self._people[user] = person  # at the end: the first left longest ago
            if before is None or not before.looks_like(person):
                channels = [self._channels.number(channel) for channel in person.channels]
                row = [person.number, user, person.name, person.role, channels]
                changes.people.append([*row, person.nodes] if person.nodes else row)
        self._forget_people()

    def _measure_queues(self, connections: Connections, limit: int) -> None:
        for connection in connections:
            person = self._people.get(connection.user_id)
            if person is not None and connection.id in person.connections:
                percent = min(100, round(100 * connection.waiting_bytes / limit))
                person.waiting = max(person.waiting, percent)

    def _forget_people(self) -> None:
        excess = len(self._people) - MAX_PEOPLE
        left = [user for user, person in self._people.items() if not person.connections]
        for user in left[: max(0, excess)]:
            del self._people[user]

    def _subscribed(self) -> set[str]:
        return {
            channel
            for person in self._people.values()
            if person.connections
            for channel in person.channels
        }

    # ---- messages

    def _new_messages(self, before: RecentTraffic, now: RecentTraffic) -> dict[str, Any]:
        reports = [report for report in now.reports if report.number > before.number]
        known_types = len(self._types)
        messages = _with_times(reports)
        shown = messages[-MAX_ROWS:]
        busy: dict[str, int] = {}
        for report in reports:
            for channel in report.busiest:
                busy[channel.channel] = busy.get(channel.channel, 0) + channel.messages
        return {
            "ms": round(sum(1000 * report.seconds for report in reports)),
            "seq": shown[0][0].seq if shown else 0,
            "rows": [self._row(message, ms) for message, ms in shown],
            "types": [*self._types][known_types:],
            "kinds": {
                kind: (count, now.deliveries[kind] - before.deliveries.get(kind, 0))
                for kind, total in now.messages.items()
                if (count := total - before.messages.get(kind, 0))
            },
            "busy": [(self._channels.number(name), count) for name, count in busy.items()],
            "left_out": now.left_out - before.left_out + len(messages) - len(shown),
        }

    def _row(self, message: LoggedMessage, ms: int) -> list[int]:
        type_number = self._types.setdefault(message.type, len(self._types))
        row = [self._channels.number(message.channel), type_number, message.reached, ms]
        if message.type == "chat_message" and (author := people.author_of(message)):
            person = self._people.get(author.id)
            return [*row, person.number] if person else row
        return row


def _person(
    number: int, connections: list[ConnectionInfo[datetime]], several_nodes: bool
) -> ConnectedPerson:
    newest = connections[0]
    return ConnectedPerson(
        number,
        newest.name or newest.user_id,
        newest.role or "",
        tuple(sorted({channel for one in connections for channel in one.channels})),
        tuple(sorted({one.node for one in connections})) if several_nodes else (),
        frozenset(one.id for one in connections),
    )


def _event_key(event: ConnectionEvent) -> tuple[float, str, str]:
    return event.at, event.connection_id, event.event


def _with_times(reports: Iterable[ReportedTraffic]) -> list[tuple[LoggedMessage, int]]:
    """Return the messages of reports, each with its time since the start of the first, in ms.

    The server's clock and ours differ: only the distances between the messages count, and the
    last of a report was published at its end.
    """
    timed, start = [], 0.0
    for report in reports:
        length = 1000 * report.seconds
        end = max((message.at for message in report.messages), default=0.0)
        for message in report.messages:
            ms = length - 1000 * (end - message.at)
            timed.append((message, round(start + min(max(ms, 0.0), length))))
        start += length
    return timed


def _new_refusals(before: RecentTraffic, now: RecentTraffic) -> dict[str, Any]:
    count = now.listed_refusal_count - before.listed_refusal_count
    listed = now.refusals[-count:] if count else ()
    end = max((refusal.at for refusal in listed), default=0.0)
    more = now.refusal_count - before.refusal_count - len(listed)
    return {"refused": [_refusal_row(each, end) for each in listed], "refused_more": more}


def _refusal_row(refusal: RefusedRequest, end: float) -> tuple[str, str, str, int]:
    ms = STATS_INTERVAL_MS - 1000 * (end - refusal.at)
    return refusal.code, refusal.channel, refusal.user_id, max(0, round(ms))
