"""The event log: who connected, left, was refused or evicted, and when many did at once."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.i18n.translate import _, ngettext
from dashboard.state.connection_events import ConnectionDrop, find_drops
from dashboard.state.live_state import Snapshot
from dashboard.ui import formatting, tables, theme, url_select
from dashboard.ui.tables import Column
from dashboard.views.connections import event_listing
from dashboard.views.connections.event_listing import FILTER_LABELS, EventFilter
from protocol.monitoring import ConnectionEvent, ConnectionEventKind

PAGE = "connections"


def draw(
    now: Snapshot, names: Mapping[str, str], on_select: Callable[[ConnectionEvent], None]
) -> None:
    """Draw the events of the last ten minutes; ``on_select`` is called with a clicked one.

    ``names`` of users are by their ids; others are shown by the id alone.
    """
    events = now.connection_events
    title = _("Event log, last 10 min")
    with theme.card("connection-events", title, _unlisted_html(now), size="rest"):
        st.html(_summary_html(now))
        kind, user = _draw_filters()
        found = event_listing.filter_events(events, kind, user, names)
        if found:
            tables.draw_table(
                found,
                _columns(names),
                "connection-events",
                row_id=lambda e: f"{e.at} {e.connection_id} {e.event}",
                on_select=on_select,
                scope=(kind, user),
                mark=tables.find_words(user),
                alt=_("Event log"),
            )
        elif events:
            theme.draw_empty_state(
                "filter_alt_off",
                _("No matching events"),
                _("None of the events of the last 10 min matches the filters."),
            )
        else:
            theme.draw_empty_state(
                "event_busy",
                _("No events"),
                _("Nobody connected or left in the last 10 min, or since the last reset."),
            )


def _draw_filters() -> tuple[EventFilter, str]:
    with st.container(horizontal=True, gap="xsmall", key="log-filters"):
        kind = url_select.select(
            PAGE, "event", _("Event"), FILTER_LABELS, label_visibility="collapsed"
        )
        words = _("Name or user id")
        user = url_select.search_input(PAGE, "user", words, placeholder=words)
    return EventFilter(kind), user


def _columns(names: Mapping[str, str]) -> dict[str, Column[ConnectionEvent]]:
    return {
        _("Time"): tables.text_column(60, lambda e: formatting.format_time(e.at)),
        _("User"): tables.text_column(
            104,
            lambda e: names.get(e.user_id, e.user_id),
            _("The user's name; without a known name, the id"),
        ),
        _("Event"): tables.chips_column(
            98,
            lambda e: event_listing.event_name(e, _),
            {_(FILTER_LABELS[kind]): tone for kind, tone in event_listing.TONES.items()},
        ),
        _("Details"): tables.text_column(
            132,
            lambda e: event_listing.event_details(
                e, _, formatting.format_size, with_user=e.user_id in names
            ),
            _("The close code with its reason, what was queued, and the user's id"),
            grows=True,
        ),
    }


def _summary_html(now: Snapshot) -> str:
    """Return what the latest drop was, or how many events there are: always one line."""
    drops = find_drops(now.connection_events, now.health.connections)
    if drops:
        return formatting.status_html(*_drop_words(drops[-1]), "warn")
    events = len(now.connection_events)
    count = ngettext("{count} event in 10 min", "{count} events in 10 min", events)
    words = count.format(count=formatting.format_number(events))
    return f'<div class="row quiet">{html.escape(words)}</div>'


def _drop_words(drop: ConnectionDrop) -> tuple[str, str]:
    """Return "25 left, 25 back in 1.4 s", and when."""
    words = _("{left} left, {back} back in {duration}").format(
        left=formatting.format_number(drop.left),
        back=formatting.format_number(drop.back),
        duration=formatting.format_round_trip(drop.duration_s),
    )
    return words, formatting.format_time(drop.at)


def _unlisted_html(now: Snapshot) -> str:
    """Return what is counted and not listed."""
    anonymous = now.nodes.anonymous
    refused = anonymous[ConnectionEventKind.REFUSED]
    ended = anonymous.total() - refused
    parts = []
    if left_out := now.connection_events_left_out:
        words = ngettext("{count} event not listed", "{count} events not listed", left_out)
        parts.append(words.format(count=formatting.format_number(left_out)))
    unnamed = []
    if ended:
        words = ngettext(
            "{count} connection without sign-in ended",
            "{count} connections without sign-in ended",
            ended,
        )
        unnamed.append(words.format(count=formatting.format_number(ended)))
    if refused:
        words = ngettext(
            "{count} refused before sign-in", "{count} refused before sign-in", refused
        )
        unnamed.append(words.format(count=formatting.format_number(refused)))
    if unnamed:
        since = formatting.format_time(now.nodes.started_at(now.at))[:5]
        words = _("since {time}: {counts}")
        parts.append(words.format(time=since, counts=", ".join(unnamed)))
    return html.escape(" · ".join(parts))
