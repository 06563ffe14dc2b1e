"""The Map under generated traffic: frames per second, script per frame, heap, counts, and CPU.

Needs the package chromium.  The reports come from ``bench.servers.generated_monitor``, so neither
the server nor the simulator takes part; all else is the workbench's own: feed, route and page.
At the end the three programs are started, and the Map shows the simulated shop.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from msgspec import Struct
from playwright.sync_api import Browser, Page

from bench.browser import new_page, open_browser, start_shop_workbench, start_workbench
from bench.context import BenchContext, print_progress
from bench.load.monitor_reports import TENANT
from bench.load.verify import VerificationFailed
from bench.measurements.pages import heap_mib
from bench.servers.processes import GENERATED_MONITOR, Target, start_process
from bench.stats import Measurement

LOADS_FULL = ((20, 60), (200, 600), (500, 60), (2_000, 60))  # messages per second, seconds
LOADS_QUICK = ((20, 15), (200, 15), (500, 15), (2_000, 15))
CPU_RATE = 500  # at which the cost to the workbench is measured
SHOP_RATE = 200  # of the simulated shop
SETTLING_S = 6
COUNTS_S = 20  # for the last report to reach the map
TIMEOUT_MS = 120_000
_HIDE = """() => {
    Object.defineProperty(document, "hidden", {value: true, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
HIDDEN_AFTER_S = 8  # the page closes its socket five seconds after it was hidden
_READ_CANVAS = """() => {
    const find = root => {
        for (const each of root.querySelectorAll("*")) {
            if (each.matches("canvas.live")) return each;
            const found = each.shadowRoot && find(each.shadowRoot);
            if (found) return found;
        }
    };
    return {...find(document)?.dataset};
}"""


class FrameSample(Struct, frozen=True):
    """What the map says about one second; script is the time per frame, in ms."""

    fps: float
    script_ms: float
    in_flight: int


def read_sample(page: Page) -> FrameSample:
    """Read the numbers of the last second from the canvas."""
    data: dict[str, Any] = page.evaluate(_READ_CANVAS)
    return FrameSample(float(data["fps"]), float(data["scriptMs"]), int(data["inFlight"]))


def run(context: BenchContext) -> list[Measurement]:
    """Measure the map at each rate, what it costs the workbench, and the map of a busy shop.

    Raises:
        VerificationFailed: the map has counted other messages than were reported.
    """
    is_quick = context.rounds == 1
    seconds = 15 if is_quick else 60
    with open_browser() as browser:
        with start_monitored_workbench(context) as (monitor, workbench):
            page = open_map(browser, workbench)
            results = measure_rates(page, monitor, LOADS_QUICK if is_quick else LOADS_FULL)
            print_progress("map: cost to the workbench")
            set_rate(monitor, CPU_RATE)
            results += measure_cost(page, workbench, seconds)
            page.context.close()
        print_progress(f"map: the simulated shop with {SHOP_RATE} messages per second")
        with start_shop_workbench(context, WORKBENCH_RATE=str(SHOP_RATE)) as workbench:
            page = open_map(browser, workbench)
            page.wait_for_timeout(1000 * SETTLING_S)
            section = f"map, all three programs, {SHOP_RATE} messages/s for {seconds} s"
            results += measure_frames(page, section, seconds)
    return results


def open_map(browser: Browser, workbench: Target) -> Page:
    """Open the map, and wait until it draws."""
    page = new_page(browser, workbench)
    page.set_default_timeout(TIMEOUT_MS)
    page.goto("map")
    page.wait_for_function(f"() => Number(({_READ_CANVAS})().drawn) > 0")
    return page


def measure_rates(
    page: Page, monitor: Target, loads: Sequence[tuple[int, int]]
) -> list[Measurement]:
    """Measure the map at each rate, and compare its counts with the monitor's."""
    results: list[Measurement] = []
    for per_second, seconds in loads:
        print_progress(f"map: {per_second} messages per second for {seconds} s")
        set_rate(monitor, per_second)
        page.wait_for_timeout(1000 * SETTLING_S)
        section = f"map, {per_second} messages/s for {seconds} s"
        results += measure_frames(page, section, seconds)
        set_rate(monitor, 0)
        counted = verify_counts(page, monitor)
        results.append(
            Measurement(
                section=section, name="messages counted, as the monitor", unit="", ours=[counted]
            )
        )
    return results


@contextlib.contextmanager
def start_monitored_workbench(context: BenchContext) -> Iterator[tuple[Target, Target]]:
    """Start the generated monitor and a workbench that shows it, on all cores."""
    everywhere = context.cores.server | context.cores.load
    with (
        start_process(GENERATED_MONITOR, everywhere, context.secret) as monitor,
        start_workbench(
            context,
            monitor,
            WORKBENCH_SIMULATOR_URL=f"http://127.0.0.1:{monitor.port}",
            WORKBENCH_TENANT=TENANT,
        ) as workbench,
    ):
        yield monitor, workbench


def set_rate(monitor: Target, messages_per_second: int) -> None:
    """Set the messages per second of the generated monitor."""
    url = f"http://127.0.0.1:{monitor.port}/rate/{messages_per_second}"
    urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30).close()


def verify_counts(page: Page, monitor: Target) -> int:
    """Return how many messages the map has counted since it was opened.

    Raises:
        VerificationFailed: by kind of channel, these are not those that the monitor reported.
    """
    url = f"http://127.0.0.1:{monitor.port}/counts"
    deadline = time.monotonic() + COUNTS_S
    while True:
        with urllib.request.urlopen(url, timeout=30) as response:
            reported = {kind: count for kind, count in json.load(response).items() if count}
        totals: dict[str, int] = json.loads(page.evaluate(_READ_CANVAS)["totals"])
        counted = {kind: count for kind, count in totals.items() if count}
        if counted == reported:
            return sum(counted.values())
        if time.monotonic() > deadline:
            raise VerificationFailed(f"the map has counted {counted}, reported were {reported}")
        page.wait_for_timeout(500)


def measure_frames(page: Page, section: str, seconds: int) -> list[Measurement]:
    """Sample the map once per second."""
    heap_before = heap_mib(page)
    samples = []
    for _ in range(seconds):
        page.wait_for_timeout(1000)
        samples.append(read_sample(page))
    heap_after = heap_mib(page)

    def measurement(name: str, unit: str, value: float) -> Measurement:
        return Measurement(section=section, name=name, unit=unit, ours=[value])

    return [
        measurement("frames per second, median", "", median(each.fps for each in samples)),
        measurement("… worst second", "", min(each.fps for each in samples)),
        measurement("script per frame, median", "ms", median(each.script_ms for each in samples)),
        measurement("dots in flight, median", "", median(each.in_flight for each in samples)),
        measurement("heap before", "MiB", heap_before),
        measurement("heap after", "MiB", heap_after),
    ]


def measure_cost(page: Page, workbench: Target, seconds: int) -> list[Measurement]:
    """Measure the CPU of the workbench: the map open or hidden, another page open, or none."""
    section = f"map, cost to the workbench at {CPU_RATE} messages/s"

    def cpu_percent() -> float:
        page.wait_for_timeout(3000)
        before, started = workbench.usage().cpu_s, time.monotonic()
        page.wait_for_timeout(1000 * seconds)
        return 100 * (workbench.usage().cpu_s - before) / (time.monotonic() - started)

    with_map = cpu_percent()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Scenarios").click()
    page.wait_for_url("**/scenarios")
    with_another = cpu_percent()
    page.go_back()
    page.locator("canvas.live").wait_for()
    page.evaluate(_HIDE)
    page.wait_for_timeout(1000 * HIDDEN_AFTER_S)
    while_hidden = cpu_percent()
    page.goto("about:blank")
    with_none = cpu_percent()
    return [
        Measurement(section=section, name=name, unit="%", ours=[value])
        for name, value in (
            ("map open", with_map),
            ("Scenarios open instead", with_another),
            ("map in a hidden tab", while_hidden),
            ("no page open", with_none),
        )
    ]
