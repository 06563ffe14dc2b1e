"""Format numbers, times and HTML snippets for the viewer's language and time zone.

Text from messages is escaped before it becomes HTML.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel import dates

from dashboard.i18n.translate import _, current_language, ngettext

LEAST_WHOLE_RATE = 99.95
"""Rates from here on are shown without decimals."""


def format_number(value: float, digits: int = 0) -> str:
    """Format a number with the separators of the tab's language."""
    text = f"{value:,.{digits}f}"
    if current_language() == "uk":
        return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
    return text


def format_rate(value: float) -> str:
    """Format a rate in few digits: 0.4, 12.0, 522."""
    return format_number(value, 1 if value < LEAST_WHOLE_RATE else 0)


def message_rate(value: float) -> str:
    """Format a rate of messages with its unit: 0.4 messages/s, 522 messages/s."""
    shown = value if value < LEAST_WHOLE_RATE else round(value)
    return ngettext("{rate} message/s", "{rate} messages/s", shown).format(rate=format_rate(value))


def format_count(value: int) -> str:
    """Format a count in few digits: 85421, 123k, 2.3M, 45M; in Ukrainian 123 тис., 2,3 млн."""
    if value < 100_000:
        return str(value)
    if value < 1_000_000:
        return _("{count}k").format(count=value // 1000)
    if value < 10_000_000:
        return _("{count}M").format(count=format_number(value / 1_000_000, 1))
    return _("{count}M").format(count=value // 1_000_000)


def viewer_timezone() -> tzinfo:
    """Return the viewer's time zone, or UTC if the browser does not send it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def format_time(at: float, millis: bool = False, timezone: tzinfo | None = None) -> str:
    """Format a time in the viewer's time zone: 14:05:09, or 14:05:09.120."""
    moment = datetime.fromtimestamp(at, timezone or viewer_timezone())
    return moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03}" if millis else "")


def format_date(at: float) -> str:
    """Format a day in the viewer's time zone and the tab's language: November 26, 2026."""
    day = datetime.fromtimestamp(at, viewer_timezone()).date()
    return dates.format_date(day, "long", locale=current_language())


def format_duration(seconds: float) -> str:
    """Format a duration: 5 s, 12 min, 3 h."""
    if seconds < 90:
        return _("{count} s").format(count=f"{seconds:.0f}")
    if seconds < 5400:
        return format_minutes(round(seconds / 60))
    return _("{count} h").format(count=f"{seconds / 3600:.0f}")


def format_minutes(minutes: int) -> str:
    """Format a duration in minutes: 5 min, 90 min."""
    return _("{count} min").format(count=minutes)


def format_size(size: int) -> str:
    """Format a number of bytes: 284 B, 12 KiB, 1.2 MiB, 1 MiB."""
    if size < 1024:
        return _("{count} B").format(count=format_number(size))
    if size < 1 << 20:
        return _("{count} KiB").format(count=format_number(size / 1024))
    mebibytes = round(size / (1 << 20), 1)
    return _("{count} MiB").format(count=format_number(mebibytes, int(mebibytes % 1 > 0)))


def format_countdown(seconds: float) -> str:
    """Format a remaining time: 1:12, or 1:01:12."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_round_trip(seconds: float) -> str:
    """Format the time until a reply: 0.4 ms, 12 ms, 1.2 s."""
    if seconds >= 1:
        return _("{count} s").format(count=format_number(seconds, 1))
    return _("{count} ms").format(count=format_number(seconds * 1000, 1 if seconds < 0.01 else 0))


def chip_html(text: str, tone: str) -> str:
    """Return a chip; ``tone`` is a channel kind or a name in ``theme.TONE_HEX``."""
    return f'<span class="chip {tone}">{html.escape(text)}</span>'


def dot_html(text: str, tone: str, help: str = "") -> str:
    """Return a legend entry: a coloured dot and a text; ``help`` is shown as a tooltip."""
    title = f' title="{html.escape(help)}"' if help else ""
    return f'<span class="key"{title}><i class="dot {tone}"></i>{html.escape(text)}</span>'


def split_row_html(left: str, right: str, classes: str = "") -> str:
    """Return a row with HTML at both ends."""
    ends = f'<span>{left}</span><span class="row">{right}</span>'
    return f'<div class="row split {classes}">{ends}</div>'


def details_html(summary: str, lines: str) -> str:
    """Return a <details> element with HTML lines; focusable by Tab."""
    return f"<details><summary>{html.escape(summary)}</summary>{lines}</details>"


def status_html(title: str, detail: str, tone: str) -> str:
    """Return a status line: a coloured dot, a title and details, which may be cut."""
    words = html.escape(detail)
    text = f'<b>{html.escape(title)}</b><span class="quiet" title="{words}">{words}</span>'
    return f'<div class="row {tone}"><i class="dot"></i>{text}</div>'


def progress_bar_html(share: float, tone: str) -> str:
    """Return a progress bar; ``share`` is from 0 to 1."""
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<div class="gauge {tone}"><i style="width:{width:.1f}%"></i></div>'


def escape_markdown(text: str) -> str:
    """Escape Markdown."""
    return re.sub(r"([\\`*_\[\]<>$:~#])", r"\\\1", text)


def markdown_with_code(text: str) -> str:
    """Escape Markdown, but for what is between backticks: it is shown as code."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(part if index % 2 else escape_markdown(part) for index, part in enumerate(parts))
