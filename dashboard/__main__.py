"""``python -m dashboard``: serve the pages until a signal stops it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from common.env_settings import InvalidSettings, describe_settings
from dashboard import dependencies, open_browser
from dashboard.settings import Settings
from dashboard.ui import page_errors
from dashboard.web import assets, class_download, download, map_socket, prometheus
from dashboard.web.click_messages import CorrectClicks
from dashboard.web.index_page import ServeIndex
from dashboard.web.sign_in import RequireSignIn, SignIn
from dashboard.web.stale_runs import DropStaleRuns

PACKAGE_DIR = Path(__file__).parent
LOOPBACK = "127.0.0.1"


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        "python -m dashboard",
        description="Serve the workbench's pages.",
        epilog=f"settings, from the environment or .env:\n{describe_settings(Settings)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--open", action="store_true", help="open the pages in a browser if there is a display"
    )
    return parser


@asynccontextmanager
async def feed_lifespan(
    _: Any, *, sign_in: SignIn, open_page: bool
) -> AsyncIterator[dict[str, Any]]:
    """Keep the feed connected while the web server runs, with or without open tabs."""
    feed = dependencies.feed()
    port = st.get_option("server.port")
    announcing = asyncio.create_task(print_url_when_ready(port, sign_in, open_page=open_page))
    try:
        yield {}
    finally:
        announcing.cancel()
        feed.close()


async def print_url_when_ready(port: int, sign_in: SignIn, *, open_page: bool) -> None:
    """Print the URL once the port accepts connections, and open it if that was asked for.

    This line is the only place where the token is written.
    """
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            url = f"http://{LOOPBACK}:{port}"
            print(f"dashboard: {sign_in.printed_url(url)}", flush=True)  # noqa: T201 - for the operator
            if open_page:
                open_browser.open_url(sign_in.single_use_url(url))
            return


def streamlit_options(port: int) -> dict[str, Any]:
    """Return Streamlit's options: the theme and the address.

    Streamlit reads a ``config.toml`` from the working directory and the home only; passed
    as options, the packaged one applies wherever the program is started.
    """
    with (PACKAGE_DIR / "ui" / "assets" / "theme.toml").open("rb") as file:
        found = dict(_flatten(tomllib.load(file)))
    address = {"server.address": LOOPBACK, "server.port": port}
    # A search field has a default, and a click may set its text: see ui.url_select.
    return found | address | {"global.disableWidgetStateDuplicationWarning": True}


def _flatten(table: dict[str, Any], path: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for key, value in table.items():
        name = f"{path}{key}"
        pairs += _flatten(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs


def _is_port_free(port: int) -> bool:
    """Tell whether the port is free; Streamlit's own error names no setting to change."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def main() -> int:
    """Run the dashboard; return the exit code."""
    options = make_parser().parse_args()
    try:
        settings = dependencies.settings()
    except InvalidSettings as error:
        print("The workbench cannot start:", *error.problems, sep="\n  ", file=sys.stderr)  # noqa: T201 - for the operator
        return 2
    port = settings.dashboard_port
    if not _is_port_free(port):
        print(f"dashboard: port {port} is in use; set WORKBENCH_DASHBOARD_PORT to another")  # noqa: T201 - for the operator
        return 2
    # The web server shuts down at a signal and then raises it again, which must have no effect.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    routes = [
        prometheus.METRICS_ROUTE,
        download.DOWNLOAD_ROUTE,
        class_download.CLASS_ROUTE,
        map_socket.MAP_ROUTE,
        *assets.ASSETS_ROUTES,
    ]
    sign_in = SignIn(settings.dashboard_hosts, is_required=settings.dashboard_auth)
    middleware = [
        Middleware(RequireSignIn, sign_in),
        Middleware(DropStaleRuns),
        Middleware(CorrectClicks),
        Middleware(ServeIndex),
    ]
    lifespan = partial(feed_lifespan, sign_in=sign_in, open_page=options.open)
    app = st.App(
        PACKAGE_DIR / "app.py",
        lifespan=lifespan,
        routes=routes,
        middleware=middleware,
        on_script_error=page_errors.record_error,
    )
    app.run(config=streamlit_options(port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
