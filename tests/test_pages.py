"""The pages as a person sees them: a real Chromium, while the shop is busy."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.xdist_group("pages"), pytest.mark.timeout(300)]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PAGES = ["overview", "explorer", "inventory"]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium on this machine: apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def house(launching, tmp_path_factory):
    """Start all three programs; `house.server`, `.simulator` and `.workbench`."""
    with launching(tmp_path_factory.mktemp("house")) as start:
        start.house_server = start.server()
        start.house_simulator = start.simulator(start.house_server, WORKBENCH_RATE="40")
        start.house_workbench = start.workbench(start.house_server, start.house_simulator)
        yield start


@pytest.fixture
def open_page(browser, house):
    """Open a page of the workbench and wait until it is live."""
    contexts = []

    def go(name, size="desktop"):
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{house.house_workbench.port}/{name}")
        expect(page.get_by_text("Live", exact=True).first).to_be_visible()
        return page

    yield go
    for context in contexts:
        context.close()


def head(page):
    """The line beside the title, which says what state the page is in."""
    return page.locator(".st-key-head")


def number_in(locator, pattern):
    found = re.search(pattern, locator.inner_text().replace(",", ""))
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_live_and_shows_no_exception(open_page, name, size):
    page = open_page(name, size)

    expect(page.get_by_role("heading", name=name.capitalize())).to_be_visible()
    expect(page.locator('[data-testid="stDataFrame"]').first).to_be_visible()
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


def test_the_overview_counts_what_passes(open_page):
    page = open_page("overview")
    rate = page.locator('[data-testid="stMetric"]', has_text="Messages/s")
    seen = number_in(head(page), r"(\d+) messages")

    page.wait_for_function(
        "seen => +document.querySelector('.st-key-head').innerText.replaceAll(',', '')"
        ".match(/(\\d+) messages/)[1] > seen",
        arg=seen,
    )

    expect(rate.locator('[data-testid="stMetricValue"]')).not_to_have_text("0.0")
    assert (
        number_in(page.locator('[data-testid="stMetric"]', has_text="Connections"), r"(\d+)") > 10
    )


def test_the_inventory_comes_from_the_simulator(open_page):
    page = open_page("inventory")

    expect(head(page)).to_contain_text("60 products")
    expect(page.get_by_role("img").filter(has_text="threshold")).to_be_visible()


def test_a_server_that_goes_away_is_told_and_its_return_heals_the_page(open_page, house):
    page = open_page("overview")
    port = house.house_server.port

    house.house_server.process.kill()
    house.house_server.stop()
    expect(head(page)).to_contain_text("Disconnected")
    house.house_server = house.server(port)

    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    expect(head(page)).not_to_contain_text("Disconnected")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
