"""The result of the tab's last command, in a row whose height does not depend on it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _, ngettext
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import CommandResult, tab
from dashboard.ui import formatting, shop_strip, simulator_commands, theme

SUCCESS_TEXTS = {  # by command; commands on an order show the order instead
    "pause": N_("The shop is paused."),
    "resume": N_("The shop runs again."),
    "speed": N_("Speed set."),
    "rate": N_("Message rate set."),
    "reset": N_("The shop was reset."),
    "start_scenario": N_("Scenario started."),
    "stop_scenario": N_("Scenario stopped."),
    "restock": N_("Low stock replenished."),
    "set_stock": N_("Stock set."),
    "announce": N_("Announcement sent."),
}
SEARCH_S = 20  # how long the announced message is looked for: the monitor may not sample it


def draw(now: Snapshot) -> None:
    """Draw the result with links to where its effect is seen."""
    result = _with_delivery(simulator_commands.last_result(), now)
    with st.container(
        key="command-result", horizontal=True, vertical_alignment="center", gap="small"
    ):
        if result is None:
            st.caption(_("The result of your last action appears here."), width="content")
            return
        tone = "bad" if result.error else "ok"
        text = f"{formatting.format_time(result.at)} · {result_text(result)}"
        if result.command == "start_scenario" and (ended := shop_strip.end_text(now, result.at)):
            text += " " + " ".join(ended)
        st.html(formatting.dot_html(text, tone), width="content")
        _draw_links(result)


def result_text(result: CommandResult) -> str:
    """Return the outcome of a command in words."""
    if result.error:
        return result.error
    if result.order:
        return _("{number} ({name}): {status}").format(
            number=result.order.number,
            name=result.order.customer.name,
            status=theme.display_name(result.order.status),
        )
    if result.delivered_to is not None:
        words = ngettext(
            "Announcement delivered to {count} connection: customers, staff and this workbench.",
            "Announcement delivered to {count} connections: customers, staff and this workbench.",
            result.delivered_to,
        )
        return words.format(count=result.delivered_to)
    return _(SUCCESS_TEXTS[result.command]) if result.command in SUCCESS_TEXTS else result.command


def _draw_links(result: CommandResult) -> None:
    if result.order:
        st.page_link(
            "views/orders/page.py",
            label=_("Follow {number}").format(number=result.order.number),
            icon=":material/receipt_long:",
            query_params={"order": result.order.id},
        )
    if result.notification:
        st.page_link("views/inbox/page.py", label=_("Inbox"), icon=":material/forum:")
        st.page_link(
            "views/explorer/page.py",
            label=_("Explorer"),
            icon=":material/account_tree:",
            query_params={"message": str(result.message_seq)} if result.message_seq else {},
        )


def _with_delivery(result: CommandResult | None, now: Snapshot) -> CommandResult | None:
    """Return the result with what the monitor reports about the announced message."""
    if result is None or not result.notification or result.message_seq:
        return result
    if now.at - result.at > SEARCH_S:
        return result
    id = f'"{result.notification}"'.encode()
    for message in now.log.newest_first():
        if message.at < result.at - SEARCH_S:
            break
        if message.type == "notification" and id in message.text:
            found = replace(result, message_seq=message.seq, delivered_to=message.reached)
            tab().command_result = found
            return found
    return result
