"""Clicks on a busy machine: each acts exactly once.

Needs the package chromium.  Clicks on a button of Streamlit's, on a row of a table and on a row's
button, while messages arrive and another process keeps a core busy.  A click that does not act
within ten seconds is lost; what acts without a click of its own is a repetition.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

from msgspec import Struct
from playwright.sync_api import Browser, Locator, Page

from bench.browser import open_browser, open_page, start_bench_workbench
from bench.context import BenchContext, print_progress
from bench.measurements.pages_traffic import publishing
from bench.servers.processes import Target
from bench.stats import Measurement, quantile

CLICKS = 200
MESSAGES_PER_SECOND = 100
WAIT_S = 10.0
SECTION = f"clicks, {CLICKS} of each, {MESSAGES_PER_SECOND} messages/s, a core kept busy"
BACKLOG = 2 * CLICKS  # messages that a paused Explorer can step through
WAITING_MESSAGES = (
    "least => +(document.querySelector('.st-key-head').innerText.replaceAll(',', '')"
    ".match(/new messages: (\\d+)/) ?? [0, 0])[1] >= least"
)
REFUSED_TESTS = ("not-json", "not-object", "no-type", "id-object")
"""Conformance tests whose message the server refuses as ``invalid_message``, by row id."""
COUNT_SELECTIONS = """
() => {
  const body = document.querySelector(".st-key-page");
  window.selections = 0;
  new MutationObserver(changes => {
    for (const {target, oldValue} of changes)
      if (target.ariaSelected === "true" && oldValue !== "true") window.selections++;
  }).observe(body, {subtree: true, attributeFilter: ["aria-selected"], attributeOldValue: true});
}
"""


class ClickTarget(Struct, frozen=True):
    """What is clicked: the n-th click's element, and how often it has acted so far."""

    name: str
    page: Page
    element: Callable[[int], Locator]
    acted: Callable[[], int]


def run(context: BenchContext) -> list[Measurement]:
    """Measure the clicks of each kind."""
    results: list[Measurement] = []
    with (
        start_bench_workbench(context) as (server, workbench),
        open_browser() as browser,
        publishing(server, MESSAGES_PER_SECOND),
        busy_process(),
    ):
        for prepare in (step_button, table_row, row_button):
            target = prepare(browser, server, workbench)
            print_progress(f"clicks: {target.name}")
            results += measure(target)
            target.page.context.close()
    return results


def measure(target: ClickTarget, clicks: int = CLICKS) -> list[Measurement]:
    """Click so often, each time until it has acted; count what was lost and what was repeated."""
    start, lost, delays = target.acted(), 0, list[float]()
    for number in range(clicks):
        before = target.acted()
        target.element(number).click()
        clicked = time.monotonic()
        while target.acted() == before and time.monotonic() - clicked < WAIT_S:
            target.page.wait_for_timeout(10)
        if target.acted() == before:
            lost += 1
        else:
            delays.append(1000 * (time.monotonic() - clicked))
    target.page.wait_for_timeout(3000)  # a repetition follows with the next timers
    repeated = target.acted() - start - (clicks - lost)
    delays.sort()
    values = {
        "lost": ("", float(lost)),
        "repeated": ("", float(repeated)),
        "until it acts, median": ("ms", quantile(delays, 0.5)),
        "until it acts, 95th percentile": ("ms", quantile(delays, 0.95)),
    }
    return [
        Measurement(section=SECTION, name=f"{target.name}: {name}", unit=unit, ours=[value])
        for name, (unit, value) in values.items()
    ]


def step_button(browser: Browser, _server: Target, workbench: Target) -> ClickTarget:
    """Return the button that adds one message to a paused Explorer."""
    page = open_page(browser, workbench, "explorer?refresh=0.5")
    page.locator(".st-key-pause button").click()
    page.wait_for_function(WAITING_MESSAGES, arg=BACKLOG)
    messages = page.locator(".st-key-pane-list")

    def stored() -> int:
        found = re.search(r"(\d+) stored", messages.inner_text().replace(",", ""))
        return int(found[1]) if found else 0

    button = page.locator(".st-key-step button").first
    return ClickTarget("button", page, lambda _: button, stored)


def table_row(browser: Browser, _server: Target, workbench: Target) -> ClickTarget:
    """Return the rows of a table, each click in another one."""
    page = _open_conformance_tests(browser, workbench)
    page.evaluate(COUNT_SELECTIONS)
    return ClickTarget(
        "table row",
        page,
        lambda number: _row(page, number).locator("td").first,
        lambda: int(page.evaluate("window.selections")),
    )


def row_button(browser: Browser, server: Target, workbench: Target) -> ClickTarget:
    """Return the button of a row that runs a conformance test: the server counts the refusals."""
    page = _open_conformance_tests(browser, workbench)

    def refused() -> int:
        metrics_url = f"http://127.0.0.1:{server.port}/metrics"
        with urllib.request.urlopen(metrics_url, timeout=30) as response:
            text = response.read().decode()
        found = re.search(r'refusals_total\{code="invalid_message".*\} (\d+)', text)
        return int(found[1]) if found else 0

    return ClickTarget(
        "button of a row",
        page,
        lambda number: _row(page, number).get_by_role("button"),
        refused,
    )


def _open_conformance_tests(browser: Browser, workbench: Target) -> Page:
    page = open_page(browser, workbench, "console?console=conformance&refresh=0.5")
    _row(page, 0).wait_for()
    return page


def _row(page: Page, number: int) -> Locator:
    """Return the row of the n-th click: a test that runs is not started again."""
    return page.locator(f'tr[data-row-id="{REFUSED_TESTS[number % len(REFUSED_TESTS)]}"]')


@contextlib.contextmanager
def busy_process() -> Iterator[None]:
    """Keep a core busy while the block lasts."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
