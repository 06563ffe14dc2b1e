"""Pages drawn without a server and a browser."""

from contextlib import ExitStack
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from client.http_client import ApiClient
from dashboard.dependencies import Dependencies, install
from dashboard.settings import Settings
from dashboard.sockets.persona_socket import PersonaSocket
from dashboard.sources.saved_messages import SavedMessages
from dashboard.sources.simulator_client import SimulatorClient

APP = Path(dashboard.__file__).with_name("app.py")
UNUSED_URL = "http://127.0.0.1:9"  # the port of `discard`: nothing listens there


@pytest.fixture
def draw(tmp_path, secret):
    """Draw a page of a feed; other keywords are the page's query.

    Its sockets are never connected; `simulator` is the URL of its simulator.
    """

    def go(feed, name, simulator=UNUSED_URL, **query):
        st.cache_resource.clear()
        api = ApiClient(simulator, lambda: "t0ken")
        parts = Dependencies(
            settings=Settings(jwt_secret=secret, server_url=UNUSED_URL, data_dir=str(tmp_path)),
            feed=feed,
            saved_messages=SavedMessages(tmp_path),
            simulator_client=SimulatorClient(api, lambda: None),
            socket_factory=lambda _: PersonaSocket(
                "ws://127.0.0.1:9/ws", "127.0.0.1:9", lambda: "t0ken"
            ),
        )
        installed.enter_context(install(parts))
        page = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        if name != "overview":  # the page that opens first
            page.switch_page(f"views/{name}/page.py").run()
        assert not page.exception
        return page

    with ExitStack() as installed:
        yield go
    st.cache_resource.clear()
