"""What all tabs share: the settings, the feed and the clients of the APIs.

A process makes each part when it is first asked for.  A test gives its own with ``install``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path

from dotenv import dotenv_values

from client.http_client import ApiClient
from common import env_settings
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import SocketFactory, open_persona_socket
from dashboard.sources.connections_client import ConnectionsClient
from dashboard.sources.feed import Feed, admin_token, open_feed
from dashboard.sources.saved_messages import SavedMessages
from dashboard.sources.simulator_client import SimulatorClient
from training.environment import Environment
from training.learner_files import LearnerFiles


class Dependencies:
    """The shared parts; those that are not given are made from the settings on first use."""

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        feed: Feed | None = None,
        simulator_client: SimulatorClient | None = None,
        connections_client: ConnectionsClient | None = None,
        saved_messages: SavedMessages | None = None,
        socket_factory: SocketFactory | None = None,
    ) -> None:
        given = {
            "settings": settings,
            "feed": feed,
            "simulator_client": simulator_client,
            "connections_client": connections_client,
            "saved_messages": saved_messages,
            "socket_factory": socket_factory,
        }
        # A cached property is not computed if the instance has a value under its name.
        vars(self).update({name: part for name, part in given.items() if part is not None})

    @cached_property
    def settings(self) -> Settings:
        """The settings: the environment beats ``.env``.

        Raises:
            InvalidSettings: with every problem.
        """
        found = env_settings.load_settings(Settings, {**dotenv_values(".env"), **os.environ})
        found.check()
        return found

    @cached_property
    def feed(self) -> Feed:
        """The open feed of the server's messages."""
        return open_feed(self.settings)

    @cached_property
    def simulator_client(self) -> SimulatorClient:
        """The client of the simulator's API."""
        api = ApiClient(self.settings.simulator_url, partial(admin_token, self.settings))
        return SimulatorClient(api, lambda: self.feed.refresh_shop_state())

    @cached_property
    def connections_client(self) -> ConnectionsClient:
        """The client of the server's connection list."""
        api = ApiClient(self.settings.server_url, partial(admin_token, self.settings))
        return ConnectionsClient(api)

    @cached_property
    def saved_messages(self) -> SavedMessages:
        """The messages that people saved, in the data folder."""
        return SavedMessages(Path(self.settings.data_dir))

    @cached_property
    def socket_factory(self) -> SocketFactory:
        """The function that opens a persona's socket."""
        return partial(open_persona_socket, self.settings)

    @cached_property
    def learner_files(self) -> LearnerFiles:
        """The progress of learners, in the data folder."""
        return LearnerFiles(Path(self.settings.data_dir))

    @cached_property
    def training_environment(self) -> Environment:
        """The server and the simulator that exercises run against."""
        return Environment(
            server_url=self.settings.server_url,
            socket_url=self.settings.socket_url,
            simulator_url=self.settings.simulator_url,
            jwt_secret=self.settings.jwt_secret,
            tenant=self.settings.tenant,
        )


_current = Dependencies()
_lock = threading.RLock()  # two tabs may ask first at once


@contextmanager
def install(dependencies: Dependencies) -> Iterator[None]:
    """Replace the process's dependencies within the context; for tests."""
    global _current
    before, _current = _current, dependencies
    try:
        yield
    finally:
        _current = before


def settings() -> Settings:
    """Return the settings.

    Raises:
        InvalidSettings: with every problem.
    """
    with _lock:
        return _current.settings


def feed() -> Feed:
    """Return the feed; the first call connects it."""
    with _lock:
        return _current.feed


def simulator_client() -> SimulatorClient:
    """Return the client of the simulator's API."""
    with _lock:
        return _current.simulator_client


def connections_client() -> ConnectionsClient:
    """Return the client of the server's connection list."""
    with _lock:
        return _current.connections_client


def saved_messages() -> SavedMessages:
    """Return the messages that people saved."""
    with _lock:
        return _current.saved_messages


def socket_factory() -> SocketFactory:
    """Return the function that opens a persona's socket."""
    with _lock:
        return _current.socket_factory


def learner_files() -> LearnerFiles:
    """Return the progress of learners."""
    with _lock:
        return _current.learner_files


def training_environment() -> Environment:
    """Return what exercises run against."""
    with _lock:
        return _current.training_environment
