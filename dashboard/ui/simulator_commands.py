"""Send a command to the simulator and keep its result in the tab."""

from __future__ import annotations

import streamlit as st
from msgspec import UNSET, Struct, UnsetType

from client.http_client import ApiRequestError
from dashboard.dependencies import feed, simulator_client
from dashboard.i18n.translate import _
from protocol.simulator_api import Command, OrderSummary, command_name

KEY = "outcome"


class CommandResult(Struct, frozen=True):
    """The last command of this tab; ``error`` is empty if it succeeded.

    ``at`` is in seconds since the epoch; ``order`` is the order that it placed or changed.
    """

    command: str
    at: float
    error: str = ""
    order: OrderSummary | UnsetType = UNSET


def send_command(command: Command) -> None:
    """Send a command and store its result; for callbacks."""
    name, at = command_name(command), feed().now()
    try:
        response = simulator_client().send_command(command)
    except ApiRequestError as why:
        st.session_state[KEY] = CommandResult(name, at, why.detail.message or _(str(why)))
    else:
        st.session_state[KEY] = CommandResult(name, at, order=response.order)


def last_result() -> CommandResult | None:
    """Return the result of the last command, if there is one."""
    found: CommandResult | None = st.session_state.get(KEY)
    return found
