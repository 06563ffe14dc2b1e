"""Resources shared by all tabs: the feed, the API clients and the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from dotenv import dotenv_values

from client.http_client import ApiClient
from common import env_settings
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import SocketFactory, open_persona_socket
from dashboard.sources.connections_client import ConnectionsClient
from dashboard.sources.feed import Feed, admin_token, open_feed
from dashboard.sources.saved_messages import SavedMessages
from dashboard.sources.simulator_client import SimulatorClient


def read_settings() -> Settings:
    """Read the settings from the environment and ``.env``."""
    found = env_settings.load_settings(Settings, {**dotenv_values(".env"), **os.environ})
    found.check()
    return found


@st.cache_resource(show_spinner=False)
def settings(_make: Callable[[], Settings] = read_settings) -> Settings:
    """Return the settings, read once: the environment beats ``.env``.

    Raises:
        environment.Misconfigured: with every problem.
    """
    return _make()


def _opened() -> Feed:
    return open_feed(settings())


def _controlled() -> SimulatorClient:
    chosen = settings()
    simulator = ApiClient(chosen.simulator_url, partial(admin_token, chosen))
    return SimulatorClient(simulator, lambda: feed().refresh_shop_state())


def _called() -> ConnectionsClient:
    chosen = settings()
    return ConnectionsClient(ApiClient(chosen.server_url, partial(admin_token, chosen)))


@st.cache_resource(show_spinner=False)
def connections_client(_make: Callable[[], ConnectionsClient] = _called) -> ConnectionsClient:
    """Return what knows who is connected; the first call makes it, as with ``feed``."""
    return _make()


@st.cache_resource(show_spinner=False)
def simulator_client(_make: Callable[[], SimulatorClient] = _controlled) -> SimulatorClient:
    """Return the hand on the simulator; the first call makes it, as with ``feed``."""
    return _make()


@st.cache_resource(show_spinner=False)
def feed(_make: Callable[[], Feed] = _opened) -> Feed:
    """Return the feed; the first call makes it, and later ones get the same."""
    return _make()


def _shelf() -> SavedMessages:
    return SavedMessages(Path(settings().data_dir))


@st.cache_resource(show_spinner=False)
def saved_messages(_make: Callable[[], SavedMessages] = _shelf) -> SavedMessages:
    """Return the messages that people saved, as ``feed`` does the feed."""
    return _make()


def _socket_factory() -> SocketFactory:
    return partial(open_persona_socket, settings())


@st.cache_resource(show_spinner=False)
def socket_factory(_make: Callable[[], SocketFactory] = _socket_factory) -> SocketFactory:
    """Return what opens a persona's socket; the first call makes it, as with ``feed``."""
    return _make()
