"""The state of a page's own connection, and its subscriptions, in words."""

from __future__ import annotations

import html
from collections.abc import Sequence

from dashboard.frames.connection_summary import ConnectionPhase, ConnectionSummary, TokenState
from dashboard.i18n.translate import _
from dashboard.state.channels import kind_of
from dashboard.ui import formatting

MAX_CHIPS = 8  # channels


def status(summary: ConnectionSummary, now: float, address: str) -> tuple[str, str, str]:
    """Return title, detail and tone of the connection's state; ``address`` is the server's."""
    match summary.phase:
        case ConnectionPhase.NOT_CONNECTED:
            return _("Your connection: not connected"), "", "muted"
        case ConnectionPhase.CONNECTING:
            return _("Your connection: connecting"), address, "muted"
        case ConnectionPhase.CLOSED:
            closing = summary.closing_frame
            by = closing.label if closing else ""
            if closing is not None and closing.is_sent:
                by = _("by this client")
            at = formatting.format_time(summary.since)
            detail = _("{reason} at {at}; Send or Connect opens a new one")
            tone = "muted" if closing is not None and closing.is_sent else "bad"
            return _("Your connection: closed"), detail.format(reason=by, at=at), tone
        case _:
            return _("Your connection: open"), _identity(summary, now), _open_tone(summary)


def _open_tone(summary: ConnectionSummary) -> str:
    return "ok" if summary.token is TokenState.ACCEPTED else "warn"


def _identity(summary: ConnectionSummary, now: float) -> str:
    if not summary.user:
        since = formatting.format_time(summary.since)
        return _("not signed in, connected at {at}").format(at=since)
    who = " · ".join(filter(None, (summary.user, summary.role, summary.tenant)))
    words = _("signed in as {who}").format(who=who)
    if summary.token is TokenState.EXPIRED:
        return f"{words} · " + _("token expired")
    if summary.expires_at is None:
        return words
    left = formatting.format_duration(max(0.0, summary.expires_at - now))
    return f"{words} · " + _("token expires in {time}").format(time=left)


def subscriptions_html(channels: Sequence[str]) -> str:
    """Return the subscriptions; always one line, so that nothing below moves."""
    label = html.escape(_("Subscribed to"))
    chips = "".join(formatting.chip_html(each, kind_of(each)) for each in channels[:MAX_CHIPS])
    if len(channels) > MAX_CHIPS:
        more = _("and {count} more").format(count=len(channels) - MAX_CHIPS)
        chips += f"<span>{html.escape(more)}</span>"
    nothing = html.escape(_("nothing"))
    return f'<div class="row quiet one-line"><span>{label}</span>{chips or nothing}</div>'
