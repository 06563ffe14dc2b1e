"""What the keyboard alone can do on the pages; test_frame.py asks axe-core about each."""

import re

from playwright.sync_api import expect

PAGES = [
    "overview", "explorer", "orders", "inventory", "inbox", "console", "scenarios", "connections",
    "map", "training",
]  # fmt: skip
CONTENT = ".st-key-page, .st-key-map"  # the picture of the Map is outside of what is redrawn
SELECTING_PAGES = ("explorer", "orders", "inventory")  # they select a first row by themselves
TABLES_AT_FOCUS = """() => {
    const focused = document.activeElement, rows = focused.closest("[class*=st-key-rows]");
    return [focused === document.body, rows?.className];
}"""
CHOSEN = "[...document.querySelectorAll('tr[aria-selected=true]')].map(row => row.dataset.rowId)"


def test_tab_passes_every_table_in_one_stop_and_changes_nothing(open_page):
    page = open_page("overview")
    for name in PAGES:
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name.capitalize()).click()
        expect(page.get_by_role("heading", name=name.capitalize(), level=1)).to_be_visible()
        expect(page.locator(CONTENT).first).to_contain_text(re.compile(r"\w"))
        if name in SELECTING_PAGES:
            expect(page.locator("tr[aria-selected=true]").first).to_be_visible()
        page.locator(".st-key-pause button").focus()
        url, chosen, stops, is_done = page.url, page.evaluate(CHOSEN), [], False
        while not is_done:
            page.keyboard.press("Tab")
            is_done, table = page.evaluate(TABLES_AT_FOCUS)
            stops += [table] if table else []

        assert (page.url, len(stops)) == (url, len(set(stops)))
        assert set(page.evaluate(CHOSEN)) <= set(chosen)


def test_a_long_conversation_can_be_scrolled_by_keyboard(open_page):
    page = open_page("inbox?persona=customer-2")
    talk, box = (
        page.locator(".st-key-chat-log-customer"),
        page.locator(".st-key-chat-input-customer textarea"),
    )
    for number in range(4):  # a customer may send five at once
        box.fill(f"{number}: " + "чи є ще чорна? " * 60)
        box.press("Enter")
        expect(talk).to_contain_text(f"{number}: чи є")
    expect(talk.get_by_text("3: чи є")).to_be_in_viewport()

    page.get_by_role("button", name="New conversation").focus()
    page.keyboard.press("Tab")
    expect(talk).to_be_focused()
    page.keyboard.press("Home")

    expect(talk.get_by_text("3: чи є")).not_to_be_in_viewport()
