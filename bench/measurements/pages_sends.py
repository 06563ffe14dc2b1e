"""Sends from the Explorer to the Console in a real browser, under every filter.

Needs the package chromium.  Each send selects a message, follows its *Send* link and waits for the
message in the Console's editor; then it returns to the Explorer.  A send fails if the page becomes
blank, reports an error or does not show the message.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from playwright.sync_api import Error, Page

from bench.browser import new_page, open_browser, start_bench_workbench
from bench.context import BenchContext, print_progress
from bench.measurements.pages_traffic import publishing
from bench.stats import Measurement

SENDS_FULL, SENDS_QUICK = 200, 18
MESSAGES_PER_SECOND = 40
SAVED_MESSAGES = 3
ROWS = ".st-key-pane-list tbody tr"
LINK = ".st-key-send-message a"
EDITOR = ".st-key-draft textarea"
DRAWN = "[data-test-script-state=notRunning]"
"""Nobody acts faster than a page is drawn."""


class Filter(NamedTuple):
    """What the Explorer shows: its query, and whether the tab is paused."""

    query: str
    is_paused: bool = False


FILTERS = (
    Filter(""),
    Filter("channel=user:"),
    Filter("type=cart_update"),
    Filter("text=item_added"),
    Filter("text=/item_.dded/"),
    Filter("text=$.payload.cart"),
    Filter("text=cart.total > 10"),
    Filter("view=saved"),
    Filter("", is_paused=True),
)


def run(context: BenchContext) -> list[Measurement]:
    """Count the sends that failed, and measure how long the others took."""
    count = SENDS_QUICK if context.rounds == 1 else SENDS_FULL
    with (
        start_bench_workbench(context) as (server, workbench),
        publishing(server, MESSAGES_PER_SECOND),
        open_browser() as browser,
    ):
        print_progress(f"pages_sends: {count} sends")
        sends = Sends(new_page(browser, workbench))
        sends.save_messages()
        for number, filter in enumerate(FILTERS):
            sends.send_under(filter, len(range(number, count, len(FILTERS))))
    return [
        sends.measurement("failed sends", "", float(len(sends.failures))),
        sends.measurement("errors of the page", "", float(len(sends.errors))),
        sends.measurement("message in the editor after", "ms", *sends.times_ms),
    ]


class Sends:
    """Sends on one page: how long they took, why some failed, and what errors the page had."""

    def __init__(self, page: Page) -> None:
        self.times_ms: list[float] = []
        self.failures: list[str] = []
        self.errors: list[str] = []
        self._page = page
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def save_messages(self) -> None:
        """Save some messages, for the filter that lists them."""
        self._open(Filter("type=cart_update"))
        for row in range(SAVED_MESSAGES):
            self._select(row)
            self._page.locator(".st-key-save button").first.click()
            self._page.get_by_role("button", name="Saved").wait_for()

    def send_under(self, filter: Filter, count: int) -> None:
        """Send so many messages; a failure is kept, and the page opened again."""
        print_progress(f"pages_sends: {count} under {filter}")
        self._open(filter)
        for number in range(count):
            try:
                self._send(number % SAVED_MESSAGES)
            except Error as error:
                self.failures.append(f"{filter}: {error}")
                print_progress(f"pages_sends: failed under {filter}: {error}")
                self._open(filter)

    def measurement(self, name: str, unit: str, *values: float) -> Measurement:
        """Return a line of the result."""
        total = len(self.times_ms) + len(self.failures)
        return Measurement(section=f"pages, {total} sends", name=name, unit=unit, ours=values)

    def _open(self, filter: Filter) -> None:
        self._page.goto(f"explorer?{filter.query}")
        self._page.locator(ROWS).first.wait_for()
        if filter.is_paused:
            self._page.get_by_role("button", name="Pause").click()
            self._page.get_by_role("button", name="Resume").wait_for()

    def _select(self, row: int) -> list[str]:
        """Select a row, and wait until it is inspected; returns the texts of its cells."""
        page, line = self._page, self._page.locator(ROWS).nth(row)
        line.hover()  # from now on the list holds
        id = line.get_attribute("data-row-id")
        line = page.locator(f'{ROWS}[data-row-id="{id}"]')
        cells = line.locator("td").all_inner_texts()
        line.click()
        page.locator(f'{ROWS}[data-row-id="{id}"][aria-selected=true]').wait_for()
        page.wait_for_function(
            "([link, id]) => id === new URL(document.querySelector(link).href)"
            ".searchParams.get('send')",
            arg=[LINK, id],
        )
        return cells

    def _send(self, row: int) -> None:
        """Send the message of a row and return."""
        page = self._page
        _time, channel, type_, *_ = self._select(row)
        started = time.monotonic()
        page.locator(LINK).first.click()
        page.locator(EDITOR).wait_for()
        page.wait_for_function(
            "([editor, channel, type]) => { try {"
            " const draft = JSON.parse(document.querySelector(editor).value);"
            " return draft.channel === channel && draft.type === type"
            " } catch { return false } }",
            arg=[EDITOR, channel, type_],
        )
        self.times_ms.append(1000 * (time.monotonic() - started))
        page.get_by_role("link", name="Explorer", exact=True).first.click()
        page.locator(ROWS).first.wait_for()
        page.locator(DRAWN).wait_for()
