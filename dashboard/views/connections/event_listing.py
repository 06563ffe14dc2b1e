"""The event log of connections: filters, texts, and which connection it says is gone.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from common.text_markers import N_
from dashboard.state.connection_events import ENDS
from protocol.close_codes import ABNORMAL_CLOSURE, CloseCode
from protocol.monitoring import ConnectionEvent, ConnectionEventKind

Translate = Callable[[str], str]


class EventFilter(StrEnum):
    """Which events are listed."""

    ALL = ""
    CONNECTED = ConnectionEventKind.CONNECTED
    CLOSED = ConnectionEventKind.CLOSED
    REFUSED = ConnectionEventKind.REFUSED
    EVICTED = ConnectionEventKind.EVICTED
    DISCONNECTED = ConnectionEventKind.DISCONNECTED


FILTER_LABELS: Mapping[str, str] = {
    EventFilter.ALL: N_("all events"),
    EventFilter.CONNECTED: N_("connected"),
    EventFilter.CLOSED: N_("left"),
    EventFilter.REFUSED: N_("refused"),
    EventFilter.EVICTED: N_("evicted"),
    EventFilter.DISCONNECTED: N_("disconnected"),
}
TONES = {
    ConnectionEventKind.CONNECTED: "ok",
    ConnectionEventKind.CLOSED: "muted",
    ConnectionEventKind.REFUSED: "warn",
    ConnectionEventKind.EVICTED: "bad",
    ConnectionEventKind.DISCONNECTED: "warn",
}
REASONS = {
    CloseCode.GOING_AWAY: N_("the server stops"),
    CloseCode.PROTOCOL_ERROR: N_("protocol error"),
    CloseCode.UNSUPPORTED_DATA: N_("not a text frame"),
    CloseCode.INVALID_TEXT: N_("not UTF-8"),
    CloseCode.MESSAGE_TOO_BIG: N_("message too big"),
    CloseCode.INTERNAL_ERROR: N_("server error"),
    CloseCode.NOT_SIGNED_IN: N_("signed in as another user"),
    CloseCode.DISCONNECTED: N_("by an administrator"),
    CloseCode.FLOODING: N_("too many messages"),
    CloseCode.TOO_MANY_CONNECTIONS: N_("too many connections of this user"),
    CloseCode.TOKEN_EXPIRED: N_("token expired"),
    CloseCode.RESTARTING: N_("the server restarts"),
}
LOST, UNRESPONSIVE = N_("connection lost"), N_("no answer for 60 s")
QUEUED = N_("{size} queued")


def filter_events(
    events: Iterable[ConnectionEvent],
    kind: EventFilter,
    user: str,
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[ConnectionEvent]:
    """Return the events of a kind, newest first.

    They contain a text in the id or the name of their user, or in that of the connection;
    ``names`` are by the user's id.
    """
    wanted = user.strip().casefold()
    return [
        event
        for event in reversed(tuple(events))
        if kind in (EventFilter.ALL, event.event)
        and (
            wanted in event.user_id.casefold()
            or wanted in names.get(event.user_id, "").casefold()
            or wanted in event.connection_id
        )
    ]


def event_name(event: ConnectionEvent, translate: Translate = str) -> str:
    """Return what happened, in a word; an unknown kind is shown as it is."""
    return translate(FILTER_LABELS.get(event.event, event.event))


def event_details(
    event: ConnectionEvent,
    translate: Translate = str,
    format_size: Callable[[int], str] = str,
    *,
    with_user: bool = False,
) -> str:
    """Return the close code, the reason, and the bytes that were queued.

    ``with_user``: the user's id comes last, so that it is what a narrow column cuts.
    """
    parts = []
    if event.code:
        parts.append(str(event.code))
    if event.code == ABNORMAL_CLOSURE:
        is_lost = event.event == ConnectionEventKind.CLOSED
        parts.append(translate(LOST if is_lost else UNRESPONSIVE))
    elif event.code in REASONS:
        parts.append(translate(REASONS[CloseCode(event.code)]))
    if event.bytes:
        parts.append(translate(QUEUED).format(size=format_size(event.bytes)))
    if with_user and event.user_id:
        parts.append(event.user_id)
    return " · ".join(parts)


def last_event(events: Iterable[ConnectionEvent], connection_id: str) -> ConnectionEvent | None:
    """Return the last event of a connection."""
    own = [event for event in events if event.connection_id == connection_id]
    return own[-1] if own else None


def has_ended(event: ConnectionEvent | None) -> bool:
    """Tell whether this is the last event that a connection can have."""
    return event is not None and (event.event in ENDS or event.event == ConnectionEventKind.REFUSED)
