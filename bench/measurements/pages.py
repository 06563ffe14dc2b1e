"""The workbench under load: two pages open in a real browser while the shop is busy.

Needs Debian's chromium.  Ten minutes at 500 messages a second and one at 5,000; of each, how
long a tick takes, what the workbench's memory does, and what the browser's heap holds.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct
from playwright.sync_api import Page, sync_playwright

from bench.context import BenchContext, print_progress
from bench.measurements.pages_traffic import PagesTraffic
from bench.servers.processes import DASHBOARD, ProcessDidNotStart, Target, start_process
from bench.stats import Measurement

LOADS_FULL = ((500, 600.0), (5_000, 60.0))  # messages a second, seconds
LOADS_QUICK = ((500, 60.0), (5_000, 15.0))
MEMORY_SAMPLES = 60  # of the memory, over a load
PAGE_NAMES = ("overview", "explorer")
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
_BUCKET = re.compile(r'workbench_tick_seconds_bucket\{le="([^"]+)",page="(\w+)"\} (\S+)')


class MetricsScrape(Struct, frozen=True):
    """One answer of the workbench's ``/metrics``: ticks by page and upper bound in seconds."""

    ticks: dict[str, dict[float, float]]
    messages_reported: float
    rss: float


def scrape(target: Target) -> MetricsScrape:
    """Scrape the metrics of the workbench."""
    with urllib.request.urlopen(f"http://127.0.0.1:{target.port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    ticks: dict[str, dict[float, float]] = {}
    for bound, page, count in _BUCKET.findall(text):
        ticks.setdefault(page, {})[float(bound)] = float(count)
    return MetricsScrape(
        ticks, _metric_value("workbench_messages_told", text), _metric_value(_RSS_METRIC, text)
    )


_RSS_METRIC = "process_resident_memory_bytes"


def _metric_value(name: str, text: str) -> float:
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def percentile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Return the seconds that this share of the ticks did not exceed, within a bucket by rule.

    Beyond the last bound it is that bound.
    """
    counts = [(bound, after[bound] - before.get(bound, 0.0)) for bound in sorted(after)]
    wanted = share * counts[-1][1]
    lower = (0.0, 0.0)
    for upper in counts:
        if upper[1] >= wanted and upper[1] > lower[1]:
            if upper[0] == float("inf"):
                return lower[0]
            part = (wanted - lower[1]) / (upper[1] - lower[1])
            return lower[0] + part * (upper[0] - lower[0])
        lower = upper
    return lower[0]


def growth_percent(samples: Sequence[float]) -> float:
    """Return by how much the line through the later half of the samples rises, in percent."""
    later = samples[len(samples) // 2 :]
    middle, mean = (len(later) - 1) / 2, sum(later) / len(later)
    spread = sum((n - middle) ** 2 for n in range(len(later)))
    rise = sum((n - middle) * (value - mean) for n, value in enumerate(later)) / spread
    return 100 * rise * (len(later) - 1) / mean


def heap_mib(page: Page) -> float:
    """Return what a page's scripts hold after a collection, in MiB."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / (1 << 20)


@contextlib.contextmanager
def open_pages(target: Target) -> Iterator[list[Page]]:
    """Keep the pages open in a browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ProcessDidNotStart("chromium is not installed: apt install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        pages = [browser.new_page() for _ in PAGE_NAMES]
        for page, name in zip(pages, PAGE_NAMES, strict=True):
            page.goto(f"http://127.0.0.1:{target.port}/{name}")
            page.locator(".st-key-page").first.wait_for(timeout=60_000)
        yield pages
        browser.close()


def run(context: BenchContext) -> list[Measurement]:
    """Watch the pages under each load."""
    everywhere = context.cores.server | context.cores.load
    figures: list[Measurement] = []
    with context.start_server() as server, contextlib.ExitStack() as stack:
        workbench = stack.enter_context(
            start_process(
                DASHBOARD,
                everywhere,
                context.secret,
                WORKBENCH_SERVER_URL=f"http://127.0.0.1:{server.port}",
                WORKBENCH_DASHBOARD_PORT="0",
                WORKBENCH_TENANT="bench",
            )
        )
        pages = stack.enter_context(open_pages(workbench))
        for a_second, seconds in LOADS_QUICK if context.rounds == 1 else LOADS_FULL:
            print_progress(f"pages: {a_second} messages per second for {seconds:.0f} s")
            figures += measure_under_load(server, workbench, pages, a_second, seconds)
    return figures


def measure_under_load(
    server: Target,
    workbench: Target,
    pages: Sequence[Page],
    messages_per_second: int,
    seconds: float,
) -> list[Measurement]:
    """Watch the pages under one load."""
    scene = f"pages, {messages_per_second} messages/s for {seconds:.0f} s"
    held, before = [heap_mib(page) for page in pages], scrape(workbench)
    begun, memory = time.monotonic(), list[float]()
    stream = PagesTraffic(server, messages_per_second)
    with ThreadPoolExecutor(1) as threads:
        streaming = threads.submit(stream.run, seconds)
        while not streaming.done():
            memory.append(scrape(workbench).rss)
            pages[0].wait_for_timeout(1000 * seconds / MEMORY_SAMPLES)
        streaming.result()
    lasted = time.monotonic() - begun
    pages[0].wait_for_timeout(2000)  # the last report is a second under way
    after = scrape(workbench)
    stream.close()

    def figure(what: str, unit: str, value: float) -> Measurement:
        return Measurement(section=scene, name=what, unit=unit, ours=[value])

    return [
        figure("published", "/s", stream.published / lasted),
        figure(
            "reported / published",
            "",
            (after.messages_reported - before.messages_reported) / stream.published,
        ),
        *(
            figure(
                f"{name}: 95 of 100 ticks within",
                "ms",
                1000 * percentile(before.ticks.get(name, {}), after.ticks[name], 0.95),
            )
            for name in PAGE_NAMES
        ),
        figure("workbench's memory at the end", "MiB", memory[-1] / (1 << 20)),
        figure("… growth over the later half", "%", growth_percent(memory)),
        *(
            figure(f"{name}: heap in the browser, before", "MiB", value)
            for name, value in zip(PAGE_NAMES, held, strict=True)
        ),
        *(
            figure(f"{name}: … and after", "MiB", heap_mib(page))
            for name, page in zip(PAGE_NAMES, pages, strict=True)
        ),
    ]
