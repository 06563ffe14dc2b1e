"""The chosen kind or channel, below the tree: what it is for, and a channel's subscribers."""

from __future__ import annotations

import html
from datetime import datetime

import streamlit as st

from dashboard.dependencies import connections_client
from dashboard.i18n.translate import _, ngettext
from dashboard.state.channels import EVERYONE_KIND, KINDS, kind_of
from dashboard.tab_session import tab
from dashboard.ui import formatting, glossary, url_select
from dashboard.views.explorer.selection import PAGE
from protocol.admin_api import ConnectionInfo

PINNED = "pin"  # a parameter of the URL: names of channels
MAX_PINNED = 8
MAX_SUBSCRIBERS = 30  # listed


def pinned_channels() -> tuple[str, ...]:
    """Return the names of the pinned channels, the oldest pin first."""
    kept = url_select.kept_value(PAGE, PINNED)
    return tuple(dict.fromkeys(filter(None, kept.split(","))))[:MAX_PINNED]


def toggle_pin(channel: str) -> None:
    """Pin a channel, or unpin it; for callbacks.  The oldest pin makes room for a new one."""
    pinned = pinned_channels()
    rest = tuple(name for name in pinned if name != channel)
    kept = rest if channel in pinned else (*rest, channel)[-MAX_PINNED:]
    url_select.keep_value(PAGE, PINNED, ",".join(kept))


def draw(chosen: str) -> None:
    """Draw what the list's filter by channel stands for, if it is a kind or a channel."""
    kind = kind_of(chosen or ":")
    if kind not in KINDS:
        return
    with st.container(key="channel-detail", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            link = glossary.link_html(_term_of(kind), _("What is this?"))
            st.html(f'<div class="row">{formatting.chip_html(chosen, kind)}{link}</div>')
            if is_channel(chosen):
                _draw_pin(chosen)
        if is_channel(chosen):
            draw_subscribers(chosen, "subscribers")
        else:
            st.caption(formatting.escape_markdown(glossary.kind_explanation(kind)))


def _term_of(kind: str) -> str:
    return kind if kind == EVERYONE_KIND else f"{kind}:"


def _draw_pin(channel: str) -> None:
    is_pinned = channel in pinned_channels()
    st.button(
        _("Unpin") if is_pinned else _("Pin"),
        icon=":material/keep_off:" if is_pinned else ":material/keep:",
        key="pin",
        help=_("Keep it at the top of the tree, and in the address"),
        on_click=toggle_pin,
        args=(channel,),
    )


def is_channel(name: str) -> bool:
    """Tell whether a filter is the name of one channel."""
    kind, _separator, key = name.partition(":")
    return bool(kind and key)


def subscribers_of(
    channel: str, connections: tuple[ConnectionInfo[datetime], ...]
) -> list[ConnectionInfo[datetime]]:
    """Return the connections that are subscribed to a channel, by name."""
    found = (c for c in connections if channel in c.channels)
    return sorted(found, key=lambda c: (c.name.casefold(), c.user_id, c.id))


def draw_subscribers(channel: str, key: str) -> None:
    """Draw who is subscribed to a channel now, whether or not the view is paused.

    ``key`` is that of the list.
    """
    result = connections_client().latest()
    if result.at is None:
        unavailable = _("Unavailable: {why}.")
        st.caption(unavailable.format(why=_(result.error)) if result.error else _("Loading…"))
        return
    listed = result.connections
    found = subscribers_of(channel, listed.connections)
    count = ngettext("{count} subscribed now", "{count} subscribed now", len(found))
    head = f"<b>{html.escape(count.format(count=len(found)))}</b>"
    aside = _("live, not paused") if tab().paused_snapshot is not None else ""
    if listed.total > len(listed.connections):
        aside = _("of the newest {count} connections").format(count=len(listed.connections))
    st.html(formatting.split_row_html(head, html.escape(aside), "quiet"))
    if not found:
        st.caption(_("No connected client is subscribed to this channel."))
        return
    with st.container(key=key, gap=None):
        for connection in found[:MAX_SUBSCRIBERS]:
            name = connection.name or connection.user_id or _("anonymous")
            user = f" · {connection.user_id}" if connection.user_id not in ("", name) else ""
            st.page_link(
                "views/connections/page.py",
                label=formatting.escape_markdown(name + user),
                query_params={"connection": connection.id},
                width="stretch",
            )
    if len(found) > MAX_SUBSCRIBERS:
        st.page_link(
            "views/connections/page.py",
            label=_("and {count} more").format(count=len(found) - MAX_SUBSCRIBERS),
            query_params={"who": channel},
        )
