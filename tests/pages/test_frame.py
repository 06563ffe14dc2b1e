"""What all pages have in common, in a real browser, while the shop is busy."""

import json
import re
import signal
import time
import urllib.request
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PAGES = [
    "overview", "explorer", "orders", "inventory", "inbox", "console", "scenarios", "connections",
    "map", "training",
]  # fmt: skip
CONTENT = ".st-key-page, .st-key-map"  # the picture of the Map is outside of what is redrawn
STREAMLITS = ("stSidebarNav", "stToast")  # of its own making
OURS = {"exclude": [[f"[data-testid={name}]"] for name in STREAMLITS]}
GRAVE = ("serious", "critical")
PHONE = {"width": 390, "height": 844}
COMPLAINTS = ("error", "warning")  # kinds of messages of the console
WAIT_S = 30.0


@pytest.fixture
def connections_of(programs, token):
    """Ask the server how many connections a user has."""

    def ask(user):
        url = f"http://127.0.0.1:{programs.server_program.port}/api/connections?user_id={user}"
        bearer = {"Authorization": f"Bearer {token('boss', 'admin')}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=bearer)) as answer:
            return json.load(answer)["total"]

    return ask


def until(condition):
    """Wait for a condition outside the browser."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_live_accessible_and_fits_a_phone_and_shows_no_exception(
    open_page, switch_theme, name
):
    page = open_page(name)

    expect(page.get_by_role("heading", name=name.capitalize(), level=1)).to_be_visible()
    expect(page.locator(CONTENT).first).to_be_visible()
    expect(page.locator(CONTENT).first).to_contain_text(re.compile(r"\w"))
    expect(page.locator("#loading")).to_have_count(0)
    for scheme in ("dark", "light"):
        switch_theme(page, scheme)
        assert violations(page) == {}, scheme

    page.set_viewport_size(PHONE)
    page.wait_for_function("width => innerWidth === width", arg=PHONE["width"])
    expect(page.locator(CONTENT).first).to_contain_text(re.compile(r"\w"))
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert complaints(page) == []


def violations(page):
    """The serious violations that axe-core finds: by rule, the elements."""
    found = Axe().run(page, context=OURS).response["violations"]
    return {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in found
        if violation["impact"] in GRAVE
    }


def complaints(page):
    """What the browser's console warns of or reports, failed requests included."""
    return [message.text for message in page.console_messages() if message.type in COMPLAINTS]


def test_the_overview_counts_messages_and_a_drag_zooms_into_its_chart(open_page, head, number_in):
    page = open_page("overview")
    rate = page.locator('[class*="st-key-metric-"]', has_text="Messages/s")
    seen = number_in(head(page), r"(\d+) messages")

    page.wait_for_function(
        "seen => +document.querySelector('.st-key-head').innerText.replaceAll(',', '')"
        ".match(/(\\d+) messages/)[1] > seen",
        arg=seen,
    )

    expect(rate.locator(".metric b")).not_to_have_text("0.0")
    connections = page.locator('[class*="st-key-metric-"]', has_text="Connections")
    assert number_in(connections.locator("b"), r"(\d+)") > 10

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chart = page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    right, middle = box["x"] + box["width"], box["y"] + box["height"] / 2
    page.mouse.move(right - 300, middle)
    page.mouse.down()
    page.mouse.move(right - 100, middle, steps=5)
    page.mouse.up()

    expect(page).to_have_url(re.compile(r"zoom=\d+-\d+"))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_the_printed_address_signs_the_browser_in_and_its_token_leaves_the_address(
    browser, programs, site
):

    def title(page):
        return page.get_by_role("heading", level=1).first

    workbench = programs.workbench_program
    clipboard = ["clipboard-read", "clipboard-write"]
    inventory_url = f"http://127.0.0.1:{workbench.port}/inventory"
    with browser.new_context(locale="en-GB", permissions=clipboard) as context:
        early, page = context.new_page(), context.new_page()
        early.goto(inventory_url)
        expect(title(early)).to_have_text("Sign in to the workbench")

        page.goto(f"{workbench.sign_in_url}&window=5m")
        expect(title(page)).to_have_text("Overview")
        assert page.url == f"http://127.0.0.1:{workbench.port}/?window=5m"
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_text("Link copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.url

        # The tab that waits for the sign-in shows its page by itself.
        expect(title(early)).to_have_text("Inventory")
        site.body = f"<!DOCTYPE html><a href={inventory_url}>link</a>".encode()
        early.goto(site.url.replace("127.0.0.1", "localhost"))  # another site: no cookie is sent
        early.get_by_role("link").click()
        expect(title(early)).to_have_text("Inventory")


def test_a_reconnect_storm_of_a_second_is_seen_and_stopped_in_the_head(
    open_page, programs, control
):
    page, connections = open_page("overview"), open_page("connections")
    strip = page.locator(".st-key-strip")
    expect(strip).to_contain_text("No scenario running")
    control(programs.simulator_program).do("start_scenario", name="reconnect-storm")

    log = connections.locator(".st-key-rest-connection-events")
    expect(log).to_contain_text(re.compile(r"(\d\d) left, \1 back in [\d.]+ m?s"))
    left = int(re.search(r"(\d+) left", log.inner_text())[1])
    # Besides the customers, clients of tabs that were closed may still be connected, but fewer.
    low = re.compile(rf"low ({'|'.join(map(str, range(left)))}) at \d\d:")
    expect(connections.locator(".st-key-page")).to_contain_text(low)
    expect(page.locator('[class*="st-key-metric-"]', has_text="Connections")).to_contain_text(low)
    strip.get_by_role("button", name="Stop").click()
    expect(strip).to_contain_text(re.compile(r"Reconnect storm\s*stopped at"))


def test_two_browsers_with_their_own_language_and_persona_do_not_disturb_each_other(open_page):
    english = open_page("overview?persona=agent")
    ukrainian = open_page("overview", live="Наживо", locale="uk-UA")
    ukrainian.get_by_test_id("stSidebar").get_by_role("combobox").click()
    ukrainian.get_by_text("Ірина · адмін").click()
    expect(ukrainian).to_have_url(re.compile("persona=admin"))

    english.get_by_text("Explorer", exact=True).click()

    expect(english.get_by_role("heading", name="Explorer", level=1)).to_be_visible()
    expect(ukrainian.get_by_role("heading", name="Огляд", level=1)).to_be_visible()
    assert "persona=agent" in english.url
    shown = english.get_by_test_id("stSidebar").get_by_role("combobox")
    assert shown.input_value() == "Марія · agent"


def test_a_change_of_language_keeps_every_choice(open_page):
    page = open_page("explorer?persona=agent&sort=name&type=cart_update")
    expect(page.locator(".st-key-explorer-text input")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator(".st-key-explorer-text input")).to_be_focused()

    page.get_by_test_id("stSidebar").get_by_text("Українська").click()

    expect(page.get_by_role("heading", name="Канали", level=1)).to_be_visible()
    expect(page.get_by_role("combobox").first).to_have_value("Марія · підтримка")
    for choice in ("language=uk", "persona=agent", "sort=name", "type=cart_update"):
        assert choice in page.url


@pytest.mark.parametrize(
    ("page", "user"),
    [("console?persona=agent", "agent_1"), ("inbox", "agent_1"), ("orders", "admin_1")],
)
def test_closing_the_tab_closes_its_connections(open_page, connections_of, page, user):
    page = open_page(page)
    until(lambda: connections_of(user) == 1)

    page.close()

    until(lambda: connections_of(user) == 0)


def test_a_hidden_tab_is_not_drawn_until_it_is_seen_again(open_page, ticks):
    seen, tab = open_page("overview?refresh=0.5"), open_page("inventory?refresh=0.5")

    def is_drawn():
        before = drawn(tab)
        ticks(seen, 3)
        return drawn(tab) > before

    show(tab, hidden=True)
    assert any(not is_drawn() for _ in range(20))

    show(tab, hidden=False)
    assert any(is_drawn() for _ in range(20))
    expect(tab.locator('[data-testid="stException"]')).to_have_count(0)


def show(page, *, hidden):
    """Send a page the event of a tab that is left or selected."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def drawn(page):
    """How often the workbench has drawn this page, for all tabs."""
    name = page.url.split("?")[0].rsplit("/", 1)[1]
    metrics = page.evaluate("async () => (await fetch('/metrics')).text()")
    return float(re.search(rf'tick_seconds_count{{page="{name}"}} (\S+)', metrics)[1])


def test_a_click_counts_if_another_press_follows_before_the_workbench_has_read_it(
    open_page, programs, row_of, head
):
    page = open_page("inventory")
    row = row_of(page.locator(".st-key-page")).locator("xpath=following-sibling::tr[1]")
    row.hover()  # holds the rows
    product = row.get_attribute("data-row-id")
    workbench = programs.workbench_program.process

    workbench.send_signal(signal.SIGSTOP)
    row.click()
    page.keyboard.press("p")
    workbench.send_signal(signal.SIGCONT)

    expect(head(page).get_by_role("button", name="Resume view")).to_be_visible()
    expect(page.locator(f'tr[data-row-id="{product}"]')).to_have_attribute("aria-selected", "true")


@contextmanager
def killed_server(programs):
    """Kill the server; start another on its port at the end, also for the tests that follow."""
    port = programs.server_program.port
    programs.server_program.process.kill()
    programs.server_program.stop()
    try:
        yield
    finally:
        programs.server_program = programs.server(port)


def test_a_lost_server_is_reported_and_the_page_recovers_on_its_return(open_page, programs, head):
    page = open_page("overview")

    with killed_server(programs):
        expect(head(page)).to_contain_text("Disconnected")

    expect(head(page).get_by_text("Live", exact=True)).to_be_visible()
    expect(head(page)).not_to_contain_text("Disconnected")
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
