"""Ten resets in a row under a flash sale: what of the old shop the pages still show afterwards.

Needs the package chromium.  One tab resets the shop, the others watch.  Order numbers contain
the run of the simulator, so a page that shows the number of an earlier run shows what a reset
should have removed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from playwright.sync_api import Page

from bench.browser import open_browser, open_page, start_shop_workbench
from bench.context import BenchContext, print_progress
from bench.stats import Measurement

WATCHING = ("orders", "overview", "explorer", "inventory")
RESETS, RESETS_QUICK = 10, 3
RUNNING_MS = 6000
"""How long the sale runs before each reset."""
SETTLING_MS = 6000
"""Later messages of the old run have arrived by then: the server reports every second."""
_RUN = re.compile(r"ORD-([0-9A-Z]+)-\d+")


def runs_in(text: str) -> set[str]:
    """Return the runs of the orders that a text names."""
    return set(_RUN.findall(text))


def leftovers(texts: Iterable[str], ended: set[str]) -> int:
    """Return how many of the texts name an order of an ended run."""
    return sum(bool(runs_in(text) & ended) for text in texts)


def reset(scenarios: Page) -> float:
    """Reset the shop through its dialog; return the seconds until the page says so."""
    scenarios.get_by_role("button", name="Reset").first.click()
    confirm = scenarios.get_by_role("dialog").get_by_role("button", name="Reset", exact=True)
    confirm.wait_for()
    clicked = time.monotonic()
    confirm.click()
    scenarios.get_by_text("The shop was reset.").wait_for()
    return time.monotonic() - clicked


def run(context: BenchContext) -> list[Measurement]:
    """Measure what is left after each reset, and how many tabs were given notice."""
    seconds, left, notices = list[float](), list[float](), list[float]()
    ended = set[str]()
    count = RESETS_QUICK if context.rounds == 1 else RESETS
    with start_shop_workbench(context) as workbench, open_browser() as browser:
        scenarios = open_page(browser, workbench, "scenarios")
        watching = [open_page(browser, workbench, name) for name in WATCHING]
        for number in range(1, count + 1):
            print_progress(f"pages_reset: {number} of {count}")
            scenarios.get_by_role("button", name="Run Flash sale").click()
            scenarios.wait_for_timeout(RUNNING_MS)
            ended |= runs_in(watching[0].inner_text("body"))
            seconds.append(reset(scenarios))
            scenarios.wait_for_timeout(SETTLING_MS)
            texts = [tab.inner_text("body") for tab in (scenarios, *watching)]
            left.append(leftovers(texts, ended))
            notices.append(sum("was reset at" in text for text in texts) / len(watching))
    section = f"reset, {count} times during a flash sale"
    return [
        Measurement(section=section, name="until the page says so", unit="s", ours=seconds),
        Measurement(section=section, name="pages with an order of before", unit="", ours=left),
        Measurement(section=section, name="other tabs with a notice", unit="", ours=notices),
    ]
