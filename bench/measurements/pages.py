"""The workbench under load: two pages open in a real browser while the shop is busy.

Needs the package chromium.  Ten minutes at 500 messages per second and one at 5,000; measures
draw times, the memory of the workbench and the heap of the browser.
"""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct
from playwright.sync_api import Page

from bench.browser import open_browser, open_page, start_bench_workbench
from bench.context import BenchContext, print_progress
from bench.measurements.pages_traffic import PagesTraffic
from bench.servers.processes import Target
from bench.stats import Measurement

LOADS_FULL = ((500, 600.0), (5_000, 60.0))  # messages per second, seconds
LOADS_QUICK = ((500, 60.0), (5_000, 15.0))
MEMORY_SAMPLES = 60
"""Taken during one load."""
PAGE_NAMES = ("overview", "explorer")
_BUCKET = re.compile(r'workbench_tick_seconds_bucket\{le="([^"]+)",page="(\w+)"\} (\S+)')


class MetricsScrape(Struct, frozen=True):
    """A scrape of the workbench's ``/metrics``; ``ticks`` by page and upper bound in seconds."""

    ticks: dict[str, dict[float, float]]
    messages_reported: float
    rss: float


def scrape(target: Target) -> MetricsScrape:
    """Scrape the metrics of the workbench."""
    (token,) = parse_qs(urlsplit(target.url).query)["token"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{target.port}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        text = response.read().decode()
    ticks: dict[str, dict[float, float]] = {}
    for bound, page, count in _BUCKET.findall(text):
        ticks.setdefault(page, {})[float(bound)] = float(count)
    return MetricsScrape(
        ticks,
        _metric_value("workbench_monitor_messages_total", text),
        _metric_value(_RSS_METRIC, text),
    )


_RSS_METRIC = "process_resident_memory_bytes"


def _metric_value(name: str, text: str) -> float:
    match = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(match[1]) if match else 0.0


def percentile(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """Return a quantile of the ticks between two scrapes, in seconds.

    Interpolated linearly within a bucket; at most the last bound.
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
    """Return the rise of the regression line through the second half of the samples, in percent."""
    later = samples[len(samples) // 2 :]
    middle, mean = (len(later) - 1) / 2, sum(later) / len(later)
    spread = sum((n - middle) ** 2 for n in range(len(later)))
    rise = sum((n - middle) * (value - mean) for n, value in enumerate(later)) / spread
    return 100 * rise * (len(later) - 1) / mean


def heap_mib(page: Page) -> float:
    """Return a page's heap after a garbage collection, in MiB."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / (1 << 20)


def run(context: BenchContext) -> list[Measurement]:
    """Measure the pages under each load."""
    results: list[Measurement] = []
    with start_bench_workbench(context) as (server, workbench), open_browser() as browser:
        pages = [open_page(browser, workbench, name) for name in PAGE_NAMES]
        for per_second, seconds in LOADS_QUICK if context.rounds == 1 else LOADS_FULL:
            print_progress(f"pages: {per_second} messages per second for {seconds:.0f} s")
            results += measure_under_load(server, workbench, pages, per_second, seconds)
    return results


def measure_under_load(
    server: Target,
    workbench: Target,
    pages: Sequence[Page],
    messages_per_second: int,
    seconds: float,
) -> list[Measurement]:
    """Measure the pages under one load."""
    section = f"pages, {messages_per_second} messages/s for {seconds:.0f} s"
    heaps_before, before = [heap_mib(page) for page in pages], scrape(workbench)
    started, memory = time.monotonic(), list[float]()
    stream = PagesTraffic(server, messages_per_second)
    with ThreadPoolExecutor(1) as threads:
        streaming = threads.submit(stream.run, seconds)
        while not streaming.done():
            memory.append(scrape(workbench).rss)
            pages[0].wait_for_timeout(1000 * seconds / MEMORY_SAMPLES)
        streaming.result()
    duration_s = time.monotonic() - started
    pages[0].wait_for_timeout(2000)  # the last report comes a second later
    after = scrape(workbench)
    stream.close()

    def measurement(name: str, unit: str, value: float) -> Measurement:
        return Measurement(section=section, name=name, unit=unit, ours=[value])

    return [
        measurement("published", "/s", stream.published / duration_s),
        measurement(
            "reported / published",
            "",
            (after.messages_reported - before.messages_reported) / stream.published,
        ),
        *(
            measurement(
                f"{name}: draw time, 95th percentile",
                "ms",
                1000 * percentile(before.ticks.get(name, {}), after.ticks[name], 0.95),
            )
            for name in PAGE_NAMES
        ),
        measurement("memory of the workbench at the end", "MiB", memory[-1] / (1 << 20)),
        measurement("… growth over the second half", "%", growth_percent(memory)),
        *(
            measurement(f"{name}: browser heap before", "MiB", value)
            for name, value in zip(PAGE_NAMES, heaps_before, strict=True)
        ),
        *(
            measurement(f"{name}: browser heap after", "MiB", heap_mib(page))
            for name, page in zip(PAGE_NAMES, pages, strict=True)
        ),
    ]
