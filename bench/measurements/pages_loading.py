"""How calmly the pages load: layout shift, console messages and failed requests of each page.

Needs the package chromium.  Every page is opened in a fresh browser profile, with a busy shop, at
two window sizes and in both languages.  What moved, and what the browser reported, is printed
while it runs; the table has the counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from bench.browser import PAGE_IS_OPEN, new_page, open_browser, start_shop_workbench
from bench.context import BenchContext, print_progress
from bench.servers.processes import Target
from bench.stats import Measurement

PAGE_NAMES = (
    "overview", "map", "explorer", "orders", "inventory", "inbox", "console", "scenarios",
    "connections",
)  # fmt: skip
WINDOW_SIZES = {"1440x900": (1440, 900), "390x844": (390, 844)}
LOCALES = ("en-GB", "uk-UA")
SETTLING_MS = 4000
"""Watched after the page is drawn: late data must not move it either."""
SHIFTS_SHOWN = 4
"""The largest of a page that are printed."""
RECORD_SHIFTS = """
window.layoutShifts = [];
const describe = node => {
    const names = [];
    for (let each = node; each && names.length < 3; each = each.parentElement) {
        if (each.nodeType !== Node.ELEMENT_NODE) continue;
        const key = [...each.classList].find(name => name.startsWith("st-key-"));
        const name = key ?? each.dataset.testid;
        if (name) names.unshift(name);
    }
    return names.join(" > ") || node?.nodeName || "(removed)";
};
const isLiveRow = node =>
    (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest("tbody tr");
const box = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ");
new PerformanceObserver(list => {
    for (const shift of list.getEntries()) {
        if (shift.hadRecentInput) continue;
        const moved = shift.sources.map(
            each => `${describe(each.node)}: ${box(each.previousRect)} to ${box(each.currentRect)}`
        );
        const isLive = shift.sources.every(({node}) => !node?.isConnected || isLiveRow(node));
        window.layoutShifts.push({at: shift.startTime / 1000, value: shift.value, moved, isLive});
    }
}).observe({type: "layout-shift", buffered: true});
"""


class LayoutShift(Struct, frozen=True):
    """Elements that moved together: seconds since the navigation, score, elements with boxes.

    ``is_live``: only rows of tables moved, as others came above them, which is what a live list is
    for.
    """

    at: float
    value: float
    moved: tuple[str, ...]
    is_live: bool = False


class LoadedPage(Struct, frozen=True):
    """What one loading of a page caused."""

    shifts: tuple[LayoutShift, ...]
    console: tuple[str, ...]
    failed_requests: tuple[str, ...]


def cumulative_layout_shift(shifts: Sequence[LayoutShift]) -> float:
    """Return the CLS: the largest sum of a window of 5 s whose shifts are less than 1 s apart.

    Live rows are left out.
    """
    largest = total = 0.0
    start = last = float("-inf")
    for shift in shifts:
        if shift.is_live:
            continue
        if shift.at - last >= 1 or shift.at - start >= 5:
            start, total = shift.at, 0.0
        last, total = shift.at, total + shift.value
        largest = max(largest, total)
    return largest


def load_page(
    browser: Browser, workbench: Target, name: str, size: tuple[int, int], locale: str
) -> LoadedPage:
    """Open a page in a profile of its own and watch it until it is drawn and has settled."""
    console: list[str] = []
    failed: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            console.append(f"{message.type}: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 400:
            failed.append(f"{response.status} {response.url}")

    page = new_page(browser, workbench, size=size, locale=locale)
    page.add_init_script(RECORD_SHIFTS)
    page.on("console", on_console)
    page.on("pageerror", lambda error: console.append(f"exception: {error}"))
    page.on("response", on_response)
    page.on("requestfailed", lambda request: failed.append(f"{request.failure} {request.url}"))
    page.goto(name)
    page.locator(PAGE_IS_OPEN).wait_for()
    page.wait_for_timeout(SETTLING_MS)
    shifts = _recorded_shifts(page)
    page.context.close()
    return LoadedPage(shifts, tuple(console), tuple(failed))


def _recorded_shifts(page: Page) -> tuple[LayoutShift, ...]:
    return tuple(
        LayoutShift(each["at"], each["value"], tuple(each["moved"]), each["isLive"])
        for each in page.evaluate("window.layoutShifts")
    )


def print_details(title: str, loaded: LoadedPage) -> None:
    """Print what moved most, the console's messages and the failed requests."""
    print_progress(f"{title}: CLS {cumulative_layout_shift(loaded.shifts):.3f}")
    shifts = [shift for shift in loaded.shifts if not shift.is_live]
    for shift in sorted(shifts, key=lambda each: -each.value)[:SHIFTS_SHOWN]:
        print_progress(f"    {shift.value:.3f} at {shift.at:.1f} s: {'; '.join(shift.moved)}")
    for text in dict.fromkeys((*loaded.console, *loaded.failed_requests)):
        print_progress(f"    {text[:300]}")


def run(context: BenchContext) -> list[Measurement]:
    """Load every page at each size and in each language."""
    results: list[Measurement] = []
    with start_shop_workbench(context) as workbench, open_browser() as browser:
        for size_name, size in WINDOW_SIZES.items():
            for name in PAGE_NAMES:
                loads = [load_page(browser, workbench, name, size, locale) for locale in LOCALES]
                for locale, loaded in zip(LOCALES, loads, strict=True):
                    print_details(f"{name} {size_name} {locale}", loaded)
                results += _measurements(size_name, name, loads)
    return results


def _measurements(size_name: str, page: str, loads: Sequence[LoadedPage]) -> list[Measurement]:
    """Return a page's lines: the values of its languages in the place of rounds."""

    def measurement(name: str, values: list[float]) -> Measurement:
        return Measurement(
            section=f"pages loading, {size_name}", name=f"{page}: {name}", unit="", ours=values
        )

    return [
        measurement("layout shift (CLS)", [cumulative_layout_shift(each.shifts) for each in loads]),
        measurement("console messages", [float(len(each.console)) for each in loads]),
        measurement("failed requests", [float(len(each.failed_requests)) for each in loads]),
    ]
