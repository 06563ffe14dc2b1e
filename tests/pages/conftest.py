"""A real Chromium and all three programs, busy, one of each for a group of page tests.

The files are dealt out to groups for xdist, one fewer than there are workers: page tests need the
processor, and the tests that run beside them mostly wait.  Browser and programs live no longer
than a group: while Playwright is open, no asyncio test may run on the same worker.  The pages of a
group share the browser's cache; each test has pages and users of its own.
"""

import os
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

FOLDER = Path(__file__).parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--process-per-site",  # starting a process and compiling the scripts again takes seconds
]  # fmt: skip
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
WAIT_MS = 60_000
NO_COLOUR_IS_ON_ITS_WAY = (
    "() => !document.getAnimations().some(running => running instanceof CSSTransition)"
)
expect.set_options(timeout=WAIT_MS)


@pytest.hookimpl(tryfirst=True)  # before xdist, which reads the marks, has its turn
def pytest_collection_modifyitems(config, items):
    """Deal the files out to the groups, the one with most tests first, each to the smallest."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    groups = [[] for _ in range(max(1, workers - 1))]
    files = defaultdict(list)
    for item in items:
        if item.path.parent == FOLDER:
            files[item.path.stem].append(item)
    for tests in sorted(files.values(), key=len, reverse=True):
        min(groups, key=len).extend(tests)
    for number, group in enumerate(groups):
        for item in group:
            item.add_marker(pytest.mark.xdist_group(f"pages-{number}"))
            item.add_marker(pytest.mark.timeout(300))
    # A workbench stores 20,000 messages; the tests that count the stored ones run before.
    items.sort(key=lambda item: item.path != FOLDER / "test_explorer.py")


@pytest.fixture(scope="package")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium on this machine: apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def programs(launching, tmp_path_factory):
    """Start all three programs: `.server_program`, `.simulator_program`, `.workbench_program`."""
    with launching(tmp_path_factory.mktemp("programs")) as start:
        start.server_program = start.server()
        start.simulator_program = start.simulator(start.server_program, WORKBENCH_RATE="40")
        start.workbench_program = start.workbench(start.server_program, start.simulator_program)
        yield start


@pytest.fixture(scope="package")
def contexts(browser, programs):
    """Profiles for the workbench by their options; they share a cache.

    Each is signed in, and else empty at first.  Addresses are relative to the workbench.
    """
    workbench = programs.workbench_program
    made = {}

    def get(**options):
        key = tuple(sorted(options.items()))
        if key not in made:
            base_url = f"http://127.0.0.1:{workbench.port}/"
            made[key] = browser.new_context(base_url=base_url, **options)
            made[key].request.get(workbench.sign_in_url)
            made[key].new_page().goto("_stcore/health")  # its process stays
        return made[key]

    yield get
    for context in made.values():
        context.close()


@pytest.fixture
def open_page(contexts):
    """Open a page of the workbench in a tab of its own; wait until it is live and drawn."""
    pages = []

    def go(address, size="desktop", live="Live", locale="en-GB"):
        page = contexts(locale=locale).new_page()
        pages.append(page)
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(WAIT_MS)
        page.goto(address)
        # A test may have paused the simulated shop; the head then says so.
        states = [head(page).get_by_text(words, exact=True) for words in (live, "Shop paused")]
        expect(states[0].or_(states[1])).to_be_visible()
        # The head's last part is there, the run that drew it has ended, and the browser has run the
        # script that it drew last: keys now do something.
        expect(head(page).locator(".st-key-pause button")).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
        page.wait_for_function("window.shortcutsInstalled")
        return page

    yield go
    for page in pages:
        page.close()


def head(page):
    """The line beside the title, with the state of the page."""
    return page.locator(".st-key-head")


@pytest.fixture(name="head")
def head_of_a_page():
    return head


@pytest.fixture
def switch_theme():
    """Show a page in the light or the dark theme; every colour has changed when it returns."""

    def switch(page, scheme):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        for each in page.locator(".traffic-map").all():  # it reads the theme a moment later
            expect(each).to_have_css("color-scheme", scheme)
        page.wait_for_function(NO_COLOUR_IS_ON_ITS_WAY)

    return switch


@pytest.fixture
def row_of():
    """The row of a card's table that has a text; without a text, the first row."""

    def find(card, text=None):
        rows = card.locator(".table-box tbody tr")
        return (rows if text is None else rows.filter(has_text=text)).first

    return find


@pytest.fixture
def number_in():
    """The number that a pattern finds in the shown text, or 0."""

    def read(locator, pattern):
        found = re.search(pattern, locator.inner_text().replace(",", ""))
        return float(found[1]) if found else 0.0

    return read


@pytest.fixture
def ticks():
    """Wait until so many more runs of a page have ended; its side bar's own runs count too.

    What a run draws is there once it has ended: the run that drew what was just seen is the
    first one to be counted, or has ended before.
    """

    def wait(page, count):
        page.evaluate(
            """count => new Promise(done => {
                const app = document.querySelector("[data-test-script-state]");
                const watch = new MutationObserver(() => {
                    if (app.dataset.testScriptState !== "notRunning" || --count) return;
                    watch.disconnect();
                    requestAnimationFrame(done);
                });
                watch.observe(app, {attributeFilter: ["data-test-script-state"]});
            })""",
            count,
        )

    return wait
