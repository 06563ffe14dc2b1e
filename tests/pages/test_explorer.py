"""The Explorer in a real browser, while the shop is busy."""

import csv
import io
import json
import re
from urllib.parse import quote_plus

from playwright.sync_api import expect

TEXT_FILTER = "Words, cart.total > 20000, /regex/, $.path"
WAITING = (
    "least => +(document.querySelector('.st-key-head').innerText.replaceAll(',', '')"
    ".match(/new messages: (\\d+)/) ?? [0, 0])[1] >= least"
)
STORED = (
    "least => +document.querySelector('.st-key-pane-list').innerText.replaceAll(',', '')"
    ".match(/(\\d+) stored/)?.[1] >= least"
)


def messages(page):
    return page.locator(".st-key-pane-list")


def kept(page, number_in):
    return number_in(messages(page), r"(\d+) stored")


def rows(page):
    return messages(page).locator("tbody tr").all_inner_texts()


OVERTAKEN = """step => {
    setTimeout(() => step.click(), 1);  // its turn comes before that of the clocks that are due,
    const begun = performance.now();    // and what it sends waits until after theirs
    while (performance.now() - begun < 1600);
}"""


def test_a_paused_list_stays_and_steps_and_loses_nothing(open_page, head, number_in, ticks):
    page = open_page("explorer?refresh=0.5")
    page.keyboard.press("p")
    page.wait_for_function(WAITING, arg=1)
    ticks(page, 1)  # the list is drawn after the head
    expect(messages(page).locator("tbody tr").first).to_be_visible()  # its code has loaded
    listed, before = rows(page), kept(page, number_in)

    waiting = number_in(head(page), r"new messages: (\d+)")
    page.wait_for_function(WAITING, arg=waiting + 30)
    assert (rows(page), kept(page, number_in)) == (listed, before)

    step = page.get_by_role("button", name="Step")
    step.click()
    expect(messages(page)).to_contain_text(f"{before + 1:,.0f} stored")
    for steps in (2, 3):
        step.evaluate(OVERTAKEN)
        expect(messages(page)).to_contain_text(f"{before + steps:,.0f} stored")
    ticks(page, 2)
    assert kept(page, number_in) == before + 3

    waiting = number_in(head(page), r"new messages: (\d+)")
    page.get_by_role("button", name="Resume").click()
    expect(head(page).get_by_text("Live", exact=True)).to_be_visible()
    page.wait_for_function(STORED, arg=before + 3 + waiting)


def test_a_selected_message_stays_selected_while_the_page_redraws(open_page, ticks):
    page = open_page("explorer?refresh=0.5")
    page.keyboard.press("j")
    fresh = page.get_by_role("button", name=re.compile(r"\d+\+? new"))
    expect(fresh).to_be_visible()
    ticks(page, 1)  # the inspector is drawn after the list
    inspected = page.locator(".st-key-pane-inspector [data-testid=stCode]")
    chosen = inspected.inner_text()

    ticks(page, 6)

    assert inspected.inner_text() == chosen
    expect(fresh).to_be_enabled()


def test_a_reload_keeps_every_filter(open_page):
    page = open_page("explorer")
    page.get_by_placeholder("All channels").fill("user:")
    page.get_by_placeholder(TEXT_FILTER).fill("$.payload.cart")
    page.get_by_placeholder("Find a channel").fill("user_1")
    expect(page).to_have_url(re.compile("find=user_1.*text=|text=.*find=user_1"))

    page.reload()

    expect(page.get_by_placeholder("All channels")).to_have_value("user:")
    expect(page.get_by_placeholder("Find a channel")).to_have_value("user_1")
    field = page.get_by_placeholder(TEXT_FILTER)
    expect(field).to_have_value("$.payload.cart")
    expect(messages(page)).to_contain_text("match")


def test_filtered_messages_can_be_downloaded(open_page):
    page = open_page("explorer?type=cart_update")
    expect(messages(page)).to_contain_text("match")
    page.get_by_test_id("stPopover").get_by_role("button", name="Download").click()

    with page.expect_download() as lines:
        page.get_by_role("link", name="JSONL").click()
    texts = lines.value.path().read_text().splitlines()
    with page.expect_download() as table:
        page.get_by_role("link", name="CSV").click()

    assert {json.loads(text)["message"]["type"] for text in texts} == {"cart_update"}
    assert lines.value.suggested_filename.startswith("messages_cart_update_")
    written = table.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert {json.loads(row["message"])["type"] for row in rows} == {"cart_update"}


TEXTS = ["item", "/cart.update/", "$.payload.cart", "cart.total >= 0"]
FILTERS = [{}, {"channel": "user:"}, *({"text": text} for text in TEXTS)]


def test_send_opens_the_console_with_the_message_under_every_filter(open_page):
    page = open_page("explorer")
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    for filters in FILTERS:
        for name, value in filters.items():
            page.locator(f".st-key-explorer-{name} input").fill(value)
            expect(page).to_have_url(re.compile(f"{name}=.*{re.escape(quote_plus(value))}"))
        page.locator(".st-key-send-message a").first.click()

        expect(page.locator(".st-key-draft textarea")).to_have_value(re.compile('"payload"'))
        assert not errors
        page.get_by_role("link", name="Explorer", exact=True).click()
        expect(messages(page).locator("tbody tr").first).to_be_visible()
        expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
