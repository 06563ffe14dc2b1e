"""Send a command to the simulator and keep its result in the tab."""

from __future__ import annotations

from typing import Any

import streamlit as st
from msgspec import Struct

from dashboard.ask import Unanswered
from dashboard.control import OrderTold
from dashboard.shared import control, feed
from dashboard.words import _

KEY = "outcome"


class Outcome(Struct, frozen=True):
    """The last command of this tab; ``why`` is empty where it was done.

    ``at`` is in seconds since the epoch; ``order`` is the one that it placed or moved.
    """

    command: str
    at: float
    why: str = ""
    order: OrderTold | None = None


def tell(command: str, **fields: Any) -> None:
    """Send a command and store its result; for callbacks."""
    at = feed().now()
    try:
        done = control().send(command, **fields)
    except Unanswered as why:
        st.session_state[KEY] = Outcome(command, at, why.refusal.message or _(str(why)))
    else:
        st.session_state[KEY] = Outcome(command, at, order=done.order)


def outcome() -> Outcome | None:
    """Return the result of the last command, if there is one."""
    found: Outcome | None = st.session_state.get(KEY)
    return found
