"""Numbers, times and marks as people read them, for the viewer's language and time zone.

Whatever comes from a message is escaped before it is HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.fields import Change
from dashboard.link import Phase

PHASE = {
    Phase.CONNECTING: "muted",
    Phase.LIVE: "ok",
    Phase.DISCONNECTED: "bad",
    Phase.REFUSED: "bad",
}
SPACED = frozenset({"uk", "fr", "pl", "cs", "sk", "bg", "sv", "nb", "fi", "hu", "ru"})
DOTTED = frozenset({"de", "es", "it", "nl", "pt", "tr", "id", "da", "el", "ro"})


def number(value: float, digits: int = 0) -> str:
    """Group thousands as the viewer's language does."""
    text = f"{value:,.{digits}f}"
    language = (st.context.locale or "").partition("-")[0]
    if language in SPACED:
        return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
    if language in DOTTED:
        return text.translate(str.maketrans(",.", ".,"))
    return text


def rate(value: float) -> str:
    """Write a rate in few digits: 0.4, 12, 522."""
    return number(value, 1 if value < 99.95 else 0)


def count(value: int) -> str:
    """Write a count in few digits: 85421, 123k, 45M."""
    if value < 100_000:
        return str(value)
    return f"{value // 1000}k" if value < 10_000_000 else f"{value // 1_000_000}M"


def zone() -> tzinfo:
    """Return the viewer's time zone, or UTC where the browser does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def clock(at: float, millis: bool = False, where: tzinfo | None = None) -> str:
    """14:05:09, or 14:05:09.120; where the viewer is."""
    moment = datetime.fromtimestamp(at, where or zone())
    return moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03}" if millis else "")


def span(seconds: float) -> str:
    """5 s, 12 min, 3 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def sentence(text: str) -> str:
    """Make a sentence of a library's words."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def chip(text: str, tone: str) -> str:
    """Make a chip; tone is a channel kind or a name in TONE_HEX."""
    return f'<span class="chip {tone}">{html.escape(text)}</span>'


def dot(text: str, tone: str) -> str:
    """Make a legend entry: a dot in its colour, the words in ink."""
    return f'<span class="key"><i class="dot {tone}"></i>{html.escape(text)}</span>'


def pair(left: str, right: str, classes: str = "") -> str:
    """Make a line with one thing at each end, both HTML."""
    ends = f'<span>{left}</span><span class="row">{right}</span>'
    return f'<div class="row split {classes}">{ends}</div>'


def differences(changes: Iterable[Change]) -> str:
    """List the fields that differ, old value and new."""
    lines = ""
    for change in changes:
        old = f"<s>{html.escape(change.before)}</s> " if change.before is not None else ""
        new = f"<ins>{html.escape(change.after)}</ins>" if change.after is not None else ""
        field = f'<span class="quiet mono">{html.escape(change.field)}</span>'
        lines += f"{field}<span>{old}{new}</span>"
    return f'<div class="diff">{lines}</div>'


def state(title: str, words: str, tone: str) -> str:
    """Say how something is: a dot in its colour, a word, and what to know about it."""
    told = f'<b>{html.escape(title)}</b><span class="quiet">{html.escape(words)}</span>'
    return f'<div class="row {tone}"><i class="dot"></i>{told}</div>'


def plain(text: str) -> str:
    """Keep Markdown from reading anything into a text."""
    return re.sub(r"([\\`*_\[\]<>$:~#])", r"\\\1", text)
