"""The message list's filters, their help, and the button to the newest message.

The filters are in the URL: a reload keeps them, and a link can be shared.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from common.text_markers import N_
from dashboard.i18n.translate import _
from dashboard.messages import channel_names
from dashboard.messages.search import MAX_ROWS, MessageFilter, SearchResult
from dashboard.state.live_state import Snapshot
from dashboard.tab_session import tab
from dashboard.ui import newest_button, url_select
from dashboard.views.explorer import selection
from protocol.codec import PUBLISHABLE_TYPES

KNOWN_TYPES = {*PUBLISHABLE_TYPES, "chat_message"}  # also in a URL, before the first one
LIVE, SAVED = "live", "saved"
VIEW_LABELS = {LIVE: N_("Live"), SAVED: N_("Saved")}
EXAMPLES: dict[str, str] = {  # of text filters, and what they find
    "cart.total > 20000": N_("a field compared; also `=` `!=` `>=` `<=` `<`"),
    "action = item_added and cart.total > 5000": N_("both conditions"),
    "title contains sale": N_("a field that contains a text"),
    "sku ~ ^BK-": N_("a field that matches a regular expression"),
    "Кобзар": N_("words anywhere in the message, in any case"),
    "/total.:15/": N_("a regular expression, anywhere"),
    "$.payload.cart.total": N_("a JSON path: the list shows what it selects"),
    "$[?@.cart.total > 20000]": N_("a JSON path with a condition"),
}
Slot = AbstractContextManager[Any]


def draw(now: Snapshot) -> tuple[MessageFilter, str, Slot]:
    """Draw the filters; return the filter, the view and the container for ``newest``."""
    words: dict[str, Any] = {"on_change": selection.jump_to_newest}
    with st.container(horizontal=True, gap="xsmall"):
        every = _("All channels")
        channel = url_select.search_input(
            selection.PAGE, selection.CHANNEL, every, placeholder=every, **words
        )
        types = {name: name for name in ("", *sorted({*KNOWN_TYPES, *now.types}))}
        types[""] = N_("All types")
        words["label_visibility"] = "collapsed"
        type_ = url_select.select(selection.PAGE, selection.TYPE, _("Type"), types, **words)
        view = url_select.select(
            selection.PAGE, selection.VIEW, _("Which messages"), VIEW_LABELS, width=120, **words
        )
    with st.container(horizontal=True, gap="xsmall"):
        sought = _("Words, cart.total > 20000, /regex/, $.path")
        text = url_select.search_input(
            selection.PAGE,
            selection.TEXT,
            sought,
            placeholder=sought,
            on_change=selection.jump_to_newest,
        )
        name = _("Examples of filters")  # read aloud; app.css leaves the icon
        with st.popover(name, icon=":material/help:", help=name, key="examples"):
            _draw_examples()
        beside = st.container(horizontal=True, gap="xsmall", width="content")
    user = url_select.kept_value(selection.PAGE, selection.USER)
    if user:
        _draw_user(user)
    orders = tuple(channel_names.known_orders(now))
    wanted = MessageFilter(
        channel,
        type_,
        text,
        user,
        channel_names.channels_of_orders(channel, orders),
        channel_names.order_ids(text, orders),
    )
    return wanted, view, beside


def _draw_examples() -> None:
    """Draw examples of text filters; a click uses one."""
    st.caption(_("What the text field understands. Click an example to use it."))
    for at, (example, meaning) in enumerate(EXAMPLES.items()):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.button(
                f"`{example}`",
                key=f"example-{at}",
                type="tertiary",
                on_click=selection.filter_by_text,
                args=(example,),
            )
            st.caption(_(meaning))
    st.caption(
        _(
            "A field is named by the end of its path: `total` is also `cart.total`. "
            "*Fields*, beside a message, filters by a value with one click."
        )
    )


def _draw_user(user: str) -> None:
    """Draw whose messages are listed, and a button that shows everybody's."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="of-user"):
        st.button(
            _("Messages of {user}").format(user=user),
            icon=":material/close:",
            key="clear-user",
            help=_("On the user's channel, or with the user's id. Click to show all."),
            on_click=selection.clear_user,
        )


def draw_newest_button(result: SearchResult) -> None:
    """Draw the button to the newest message, with the number of new ones."""
    messages = tab().explorer.messages
    count = messages.new_count(result.newest, lambda message: message.seq)
    newest_button.draw(
        "jump",
        f"{MAX_ROWS}+" if count >= MAX_ROWS else str(count),
        messages.is_frozen,
        selection.jump_to_newest,
        width=124,
        shortcut="n",
    )
