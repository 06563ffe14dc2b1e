"""One act a click, however often the click is told of.

Streamlit's browser keeps a click until its next task, and sends it along with every clock of the
page that ticks before: the server then runs the callback two or three times, one right after the
other (seen in 1.67, with 1 of 40 clicks). What may be done twice needs none of this: a toggle has
a key for each side, and a choice is the same the second time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st
from msgspec import Struct

REPEAT_S = 0.5  # the copies arrive in the same millisecond and wait for one run, at most two
KEY = "sendings"

state = st.session_state


def button(label: str, key: str, act: Callable[[], None], **options: Any) -> None:
    """Draw a button that acts once a click: having acted, it is another one.

    ``options`` are those of ``st.button``; its key is ``key`` with a number.
    """
    counter = f"clicks-{key}"
    count: int = state.setdefault(counter, 0)

    def once() -> None:
        if state[counter] == count:
            state[counter] = count + 1
            act()

    st.button(label, key=f"{key}-{count}", on_click=once, **options)


class Sendings(Struct):
    """What a tab sent last, and when, in seconds of a clock that only goes forward."""

    last: Hashable = None
    at: float = float("-inf")

    def is_repeat(self, what: Hashable, at: float) -> bool:
        """Tell whether the same was sent less than ``REPEAT_S`` ago; if not, it is sent now."""
        if what == self.last and at - self.at < REPEAT_S:
            return True
        self.last, self.at = what, at
        return False


def is_repeat(*what: Hashable) -> bool:
    """Tell whether this tab sent the same words just now: somebody who types is slower."""
    sendings: Sendings = state.setdefault(KEY, Sendings())
    return sendings.is_repeat(what, time.monotonic())
