"""One act a click, however often the click is told of.

Streamlit's browser keeps a click until its next task, and sends it along with every clock of the
page that ticks before: the server then runs the callback two or three times, one right after the
other (seen in 1.67, with 1 of 40 clicks). What may be done twice needs none of this: a toggle has
a key for each side, and a choice is the same the second time.
"""

from __future__ import annotations

import time
from collections.abc import Hashable

import streamlit as st
from msgspec import Struct

# The copies arrive in the same millisecond and wait for one run or two, of 0.1 s, under load of
# 0.2 s. A new key after each act would be exact, but now and then the old button stayed as well.
REPEAT_S = 0.4
KEY = "clicks"


class Clicks(Struct):
    """What a tab did last, and when, in seconds of a clock that only goes forward."""

    last: Hashable = None
    at: float = float("-inf")

    def is_repeat(self, act: Hashable, at: float) -> bool:
        """Tell whether the same was done less than ``REPEAT_S`` ago; if not, it is done now."""
        if act == self.last and at - self.at < REPEAT_S:
            return True
        self.last, self.at = act, at
        return False


def is_repeat(act: Hashable) -> bool:
    """Tell whether this tab did the same just now; for callbacks that do something once."""
    clicks: Clicks = st.session_state.setdefault(KEY, Clicks())
    return clicks.is_repeat(act, time.monotonic())
