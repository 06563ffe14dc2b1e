"""Chromium, and the programs whose pages it opens: for the measurements of the pages."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, sync_playwright

from bench.context import BenchContext
from bench.servers.processes import (
    DASHBOARD,
    SIMULATOR,
    ProcessDidNotStart,
    Target,
    start_process,
)

CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
WINDOW_SIZE = (1440, 900)
LOCALE = "en-GB"
TIMEOUT_MS = 60_000
PAGE_IS_OPEN = ".st-key-pause button"
"""The last part of a page's head."""


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Keep the machine's Chromium open while the block lasts.

    Raises:
        ProcessDidNotStart: there is none.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ProcessDidNotStart("chromium is not installed: apt install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


def new_page(
    browser: Browser,
    workbench: Target,
    *,
    size: tuple[int, int] = WINDOW_SIZE,
    locale: str = LOCALE,
) -> Page:
    """Return an empty page in a profile of its own, which is signed in to the workbench.

    Addresses are relative to the workbench.
    """
    width, height = size
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{workbench.port}/",
        viewport={"width": width, "height": height},
        locale=locale,
    )
    context.request.get(workbench.url)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    return page


def open_page(browser: Browser, workbench: Target, address: str) -> Page:
    """Open a page of the workbench, and wait until its head is drawn."""
    page = new_page(browser, workbench)
    page.goto(address)
    page.locator(PAGE_IS_OPEN).wait_for()
    return page


@contextlib.contextmanager
def start_workbench(context: BenchContext, server: Target, **environment: str) -> Iterator[Target]:
    """Start the workbench of a server, on all cores."""
    with start_process(
        DASHBOARD,
        context.cores.server | context.cores.load,
        context.secret,
        WORKBENCH_SERVER_URL=f"http://127.0.0.1:{server.port}",
        WORKBENCH_DASHBOARD_PORT="0",
        **environment,
    ) as workbench:
        yield workbench


@contextlib.contextmanager
def start_bench_workbench(context: BenchContext) -> Iterator[tuple[Target, Target]]:
    """Start a server and its workbench, which shows the benchmark's tenant."""
    with (
        context.start_server() as server,
        start_workbench(context, server, WORKBENCH_TENANT="bench") as workbench,
    ):
        yield server, workbench


@contextlib.contextmanager
def start_shop(context: BenchContext, **environment: str) -> Iterator[tuple[Target, Target]]:
    """Start a server and a simulator; ``environment`` is the simulator's."""
    with (
        context.start_server() as server,
        start_process(
            SIMULATOR,
            context.cores.server | context.cores.load,
            context.secret,
            WORKBENCH_SERVER_URL=f"http://127.0.0.1:{server.port}",
            WORKBENCH_SIMULATOR_PORT="0",
            **environment,
        ) as simulator,
    ):
        yield server, simulator


@contextlib.contextmanager
def start_shop_workbench(context: BenchContext, **environment: str) -> Iterator[Target]:
    """Start all three programs; the workbench shows the simulated shop.

    ``environment`` is the simulator's.
    """
    with (
        start_shop(context, **environment) as (server, simulator),
        start_workbench(
            context, server, WORKBENCH_SIMULATOR_URL=f"http://127.0.0.1:{simulator.port}"
        ) as workbench,
    ):
        yield workbench
