"""The Map in a real browser: it draws, follows clicks and keys, and keeps its socket to itself."""

import json
import re
from types import SimpleNamespace

import pytest
import websocket
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

CANVAS = "canvas.live"
OF_THE_MAP = "en-IE"  # a language of its own makes it a context of its own
FRAMES = re.compile("/map/frames/")
HIDDEN_AFTER_MS = 5000  # as the modules have it
DRAWN_SINCE = """count => {
    const find = root => {
        for (const each of root.querySelectorAll("*")) {
            if (each.matches("canvas.live")) return each;
            const found = each.shadowRoot && find(each.shadowRoot);
            if (found) return found;
        }
    };
    return Number(find(document)?.dataset.drawn) > count;
}"""
TEXTS_FROM_NOW = """element => {
    const texts = [];
    const note = () => texts.push(element.innerText);
    new MutationObserver(note).observe(element, {childList: true, subtree: true});
    return texts;
}"""
SET_HIDDEN = """hidden => {
    Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def drawn(page):
    return int(page.locator(CANVAS).get_attribute("data-drawn") or 0)


def wait_until_it_draws(page):
    before = drawn(page)
    page.wait_for_function(DRAWN_SINCE, arg=before)


def table(page):
    return page.locator(".table-panel")


def status_of(url, **headers):
    """The status of a refused handshake."""
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(url, **headers)
    return refused.value.status_code


@pytest.fixture(scope="module")
def shared(contexts):
    """The map in a page that some tests share, since it takes seconds to open; and its socket.

    `.page` shows the map; `.socket` is the last that it opened.
    """
    page = contexts(locale=OF_THE_MAP).new_page()  # a page's clock is that of its context
    opened = SimpleNamespace(page=page, socket=None)

    def note(socket):
        if FRAMES.search(socket.url):
            opened.socket = socket

    page.on("websocket", note)
    page.clock.install()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.set_default_timeout(60_000)
    page.goto("map")
    wait_until_it_draws(page)
    yield opened
    page.close()


def test_its_socket_is_for_the_visible_page_alone(shared, programs):
    page = shared.page
    url, ours = shared.socket.url, f"http://127.0.0.1:{programs.workbench_program.port}"
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    assert status_of(url, origin="http://evil.example", cookie=cookie) == 403
    assert status_of(url, origin=ours) == 403
    assert status_of(url[:-4], origin=ours, cookie=cookie) == 403
    websocket.create_connection(url, origin=ours, cookie=cookie).close()

    assert page.locator("#loading").count() == 0  # the outline of the page that was loading
    expect(page.locator(CANVAS)).to_have_attribute("data-in-flight", re.compile("[1-9]"))
    expect(page.locator(CANVAS)).to_have_attribute("data-failures", "0")
    expect(page.locator(CANVAS)).to_have_attribute("aria-label", re.compile(r"\d+ connected"))
    with shared.socket.expect_event("close"):
        page.evaluate(SET_HIDDEN, True)
        before = drawn(page)
        page.clock.fast_forward(HIDDEN_AFTER_MS)
    assert drawn(page) == before

    with page.expect_websocket(lambda socket: FRAMES.search(socket.url)):
        page.evaluate(SET_HIDDEN, False)
    wait_until_it_draws(page)


def test_a_pause_counts_what_is_missed_and_replays_it(shared):
    page = shared.page
    page.get_by_role("button", name="Pause").click()
    # What few frames hold is due at once.
    expect(page.get_by_text(re.compile("[1-9][0-9]{2,} messages passed"))).to_be_visible()
    playback = page.locator(".playback")
    shown = playback.evaluate_handle(TEXTS_FROM_NOW)
    page.get_by_role("button", name="Replay").click()

    expect(playback).to_be_hidden()  # it has caught up
    assert any("s behind" in text for text in shown.json_value())
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_focus_filters_and_table_survive_a_reload_and_keys_reach_everything(shared, switch_theme):
    page = shared.page
    page.get_by_label("Focus on").select_option("tenant:shop")
    page.get_by_role("button", name="monitor", exact=False).click()
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page).to_have_url(re.compile(r"focus=tenant%3Ashop&hide=nothing&table=on"))

    page.reload()
    of_monitor = table(page).get_by_role("row").filter(has_text="monitor:shop")
    expect(table(page).get_by_role("row").filter(has_text="tenant:shop")).to_be_visible()
    expect(of_monitor).to_have_count(0)
    expect(page.get_by_label("Focus on")).to_have_value("tenant:shop")
    for scheme in ("light", "dark"):
        switch_theme(page, scheme)
        found = Axe().run(page, context={"include": [[".st-key-pane-map"]]}).response
        grave = [each["id"] for each in found["violations"] if each["impact"] != "minor"]
        assert grave == [], scheme

    page.locator(CANVAS).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".tip")).to_contain_text("user_2")
    expect(page.get_by_role("status").filter(has_text="user_2")).to_have_count(1)
    for _ in range(2):  # the cursor, then the focus
        page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/map\?hide=nothing&table=on"))
    expect(of_monitor).to_be_visible()

    page.get_by_label("Focus on").select_option("tenant:shop")
    with shared.socket.expect_event("close"):
        page.get_by_role("button", name="Open in Explorer").click()
    expect(page).to_have_url(re.compile(r"/explorer\?channel=tenant%3Ashop"))


def frame(**fields):
    return json.dumps({"v": 1, "t": 1_700_000_000_000, "ms": 250, "seq": 1, **fields})


@pytest.fixture
def open_with_frames(open_page, contexts):
    """Open the map with frames of a test instead of the workbench's; returns page and socket."""
    sockets = []
    # No other test opens a map in this context after this: the routes of one stay.
    contexts(locale=OF_THE_MAP).route_web_socket(FRAMES, lambda socket: sockets.append(socket))

    def go():
        page = open_page("map?table=on", locale=OF_THE_MAP)
        while not sockets:
            page.wait_for_timeout(50)
        return page, sockets[-1]

    return go


def test_unknown_and_broken_frames_do_not_end_it(open_with_frames):
    page, socket = open_with_frames()
    people = [[1, "olena", "Олена", "customer", [1]], [2, "boss", "Boss", "admin", [2]]]
    names = {1: "user:olena", 2: "galaxy:far"}
    socket.send(frame(names=names, people=people, types=["hello"], new_field=[1]))
    socket.send("no JSON")
    socket.send(frame(rows=[[2, 0, 1, 0], [99, 7, 1, 5], [0, 0, 2, 9]], kinds={"galaxy": [3, 3]}))
    socket.send(frame(rows=7, people="x"))
    socket.send(frame(refused=[["forbidden", "tenant:books", "olena", 5]], refused_more=2))
    socket.send(frame(gone=[[1, 4100, "evicted"]], waiting=[[2, 90]]))

    canvas = page.locator(CANVAS)
    expect(canvas).to_have_attribute("data-refused", "3")
    expect(canvas).to_have_attribute("data-totals", re.compile('"galaxy":3'))
    expect(canvas).to_have_attribute("data-failures", "0")
    expect(canvas).to_have_attribute("aria-label", re.compile("1 of 2 connected"))
    expect(table(page)).to_contain_text("galaxy:far")
