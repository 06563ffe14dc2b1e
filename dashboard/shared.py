"""What the pages and the tabs have in common: one feed a process."""

from __future__ import annotations

import os
from collections.abc import Callable

import streamlit as st
from dotenv import dotenv_values

from dashboard.feed import Feed, open_feed
from dashboard.settings import Settings
from protocol import environment


def settings() -> Settings:
    """Read the settings: the environment beats ``.env``.

    Raises:
        environment.Misconfigured: with every problem.
    """
    found = environment.read(Settings, {**dotenv_values(".env"), **os.environ})
    found.check()
    return found


def _opened() -> Feed:
    return open_feed(settings())


@st.cache_resource(show_spinner=False)
def feed(_make: Callable[[], Feed] = _opened) -> Feed:
    """Return the feed; the first call makes it, and later ones get the same."""
    return _make()
