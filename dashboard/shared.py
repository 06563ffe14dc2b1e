"""Resources shared by all tabs: the feed, the API clients and the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from dotenv import dotenv_values

from dashboard.ask import Asker
from dashboard.control import Control
from dashboard.feed import Feed, admin_token, open_feed
from dashboard.roll_call import RollCall
from dashboard.saved import Shelf
from dashboard.settings import Settings
from protocol import environment


def _read() -> Settings:
    found = environment.read(Settings, {**dotenv_values(".env"), **os.environ})
    found.check()
    return found


@st.cache_resource(show_spinner=False)
def settings(_make: Callable[[], Settings] = _read) -> Settings:
    """Return the settings, read once: the environment beats ``.env``.

    Raises:
        environment.Misconfigured: with every problem.
    """
    return _make()


def _opened() -> Feed:
    return open_feed(settings())


def _controlled() -> Control:
    chosen = settings()
    simulator = Asker(chosen.simulator_url, partial(admin_token, chosen))
    return Control(simulator, lambda: feed().look_again())


def _called() -> RollCall:
    chosen = settings()
    return RollCall(Asker(chosen.server_url, partial(admin_token, chosen)))


@st.cache_resource(show_spinner=False)
def roll_call(_make: Callable[[], RollCall] = _called) -> RollCall:
    """Return what knows who is connected; the first call makes it, as with ``feed``."""
    return _make()


@st.cache_resource(show_spinner=False)
def control(_make: Callable[[], Control] = _controlled) -> Control:
    """Return the hand on the simulator; the first call makes it, as with ``feed``."""
    return _make()


@st.cache_resource(show_spinner=False)
def feed(_make: Callable[[], Feed] = _opened) -> Feed:
    """Return the feed; the first call makes it, and later ones get the same."""
    return _make()


def _shelf() -> Shelf:
    return Shelf(Path(settings().data_dir))


@st.cache_resource(show_spinner=False)
def shelf(_make: Callable[[], Shelf] = _shelf) -> Shelf:
    """Return the messages that people saved, as ``feed`` does the feed."""
    return _make()
