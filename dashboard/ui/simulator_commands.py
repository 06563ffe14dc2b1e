"""Send a command to the simulator and keep its result in the tab."""

from __future__ import annotations

from typing import Any

import streamlit as st
from msgspec import Struct

from client.http_client import ApiRequestError
from dashboard.dependencies import feed, simulator_client
from dashboard.i18n.translate import _
from dashboard.sources.simulator_client import OrderSummary

KEY = "outcome"


class CommandResult(Struct, frozen=True):
    """The last command of this tab; ``why`` is empty where it was done.

    ``at`` is in seconds since the epoch; ``order`` is the one that it placed or moved.
    """

    command: str
    at: float
    error: str = ""
    order: OrderSummary | None = None


def send_command(command: str, **fields: Any) -> None:
    """Send a command and store its result; for callbacks."""
    at = feed().now()
    try:
        done = simulator_client().send_command(command, **fields)
    except ApiRequestError as why:
        st.session_state[KEY] = CommandResult(command, at, why.detail.message or _(str(why)))
    else:
        st.session_state[KEY] = CommandResult(command, at, order=done.order)


def last_result() -> CommandResult | None:
    """Return the result of the last command, if there is one."""
    found: CommandResult | None = st.session_state.get(KEY)
    return found
