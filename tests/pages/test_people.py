"""Orders, conversations and scenarios in a real browser, on real sockets."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect


@pytest.fixture
def command_simulator(programs, token):
    """Send a command to the simulator; returns its response."""

    def send(**command):
        request = urllib.request.Request(
            f"http://127.0.0.1:{programs.simulator_program.port}/control",
            json.dumps(command).encode(),
            {"Authorization": f"Bearer {token('boss', 'admin')}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    return send


def card(page, key):
    return page.locator(f".st-key-{key}")


def send_chat(page, side, words):
    """Send a chat message from one side of the conversation."""
    box = card(page, f"chat-input-{side}").locator("textarea")
    box.fill(words)
    box.press("Enter")


def test_a_message_of_a_customer_is_answered_and_stays_after_a_reload(open_page):
    page = open_page("inbox")
    customer, staff = card(page, "chat-log-customer"), card(page, "chat-log-staff")

    send_chat(page, "customer", "Чи є у вас чорна?")
    expect(staff.get_by_text("Чи є у вас чорна?")).to_be_visible()
    send_chat(page, "staff", "Так, остання на складі.")

    expect(customer.get_by_text("Так, остання на складі.")).to_be_visible()
    expect(customer.get_by_text("Марія ·")).to_be_visible()
    page.reload()
    expect(customer.get_by_text("Чи є у вас чорна?")).to_be_visible()


def test_a_conversation_can_be_taken_over_and_handed_back(open_page):
    page = open_page("inbox?persona=customer-2")
    send_chat(page, "customer", "Коли відправите?")
    expect(card(page, "chat-log-staff").get_by_text("Коли відправите?")).to_be_visible()
    expect(page.get_by_text("The simulated agent replies until a person does.")).to_be_visible()

    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("The simulated agent no longer replies")).to_be_visible()
    page.get_by_role("button", name="Hand back").click()

    expect(page.get_by_text("The simulated agent replies until a person does.")).to_be_visible()


@pytest.fixture
def paused(command_simulator):
    """Pause the simulation: orders change only by command."""
    command_simulator(command="pause")
    yield
    command_simulator(command="resume")


def test_the_progress_steps_follow_the_order(open_page, command_simulator, paused):
    order = command_simulator(command="place_order", customer="user_5")["order"]
    page = open_page(f"orders?order={order['id']}")
    customer, shop = card(page, "even-customer"), card(page, "even-shop")
    now = customer.locator(".track .now")
    expect(now).to_contain_text("Placed")

    for step in ("Paid", "Being packed", "On its way"):
        page.get_by_role("button", name="Advance this order").click()
        expect(now).to_contain_text(step)

    expect(customer.get_by_role("link")).to_have_attribute(
        "href", re.compile(r"https://novaposhta\.ua/track/\d+")
    )
    expect(shop).to_contain_text("ms apart")


def test_the_shop_is_controlled_from_the_scenarios_page(open_page):
    page = open_page("scenarios")
    head, sale = page.locator(".st-key-head"), card(page, "fit-scenario-flash-sale")
    expect(sale).to_contain_text("lasts")

    sale.get_by_role("button", name="Run Flash sale").click()
    expect(sale).to_contain_text("left")
    expect(sale.locator("p", has_text="sell")).to_be_visible()  # the icon of its products
    expect(head).to_contain_text("1 scenario running")
    sale.get_by_role("button", name="Stop").click()
    expect(sale).to_contain_text("lasts")
    expect(head).to_contain_text("no scenario running")

    button = page.locator(".st-key-pause-simulation button")
    expect(button).to_have_accessible_name(re.compile("Pause the shop"))
    button.click()
    expect(head).to_contain_text("paused")
    button.click()
    expect(head).to_contain_text("speed ×1")

    place = page.get_by_role("button", name="Place an order")
    before = place.bounding_box()
    place.click()
    link = page.get_by_role("link", name=re.compile("Follow ORD-"))
    number = re.search(r"ORD-\S+", link.inner_text())[0]
    assert place.bounding_box() == before  # a second click places a second order
    link.click()
    expect(card(page, "even-customer")).to_contain_text(number)


def test_a_notification_links_to_its_order(open_page, command_simulator, paused):
    order = command_simulator(command="place_order", customer="user_3")["order"]
    page = open_page("inbox?customer=user_3")
    note = card(page, "even-notifications")
    expect(note).to_contain_text(order["number"])

    note.get_by_role("link", name="View order").first.click()

    expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/orders\?.*order={order['id']}"))
    expect(card(page, "even-customer")).to_contain_text(order["number"])


def test_an_announcement_is_shown_as_a_toast_and_a_notification(open_page, command_simulator):
    page = open_page("inbox")
    expect(card(page, "even-notifications")).to_be_visible()

    command_simulator(command="announce", title="Увага всім", body="Магазин зачиняється о восьмій.")

    expect(page.get_by_test_id("stToast")).to_contain_text("Увага всім")
    expect(card(page, "even-notifications")).to_contain_text("Магазин зачиняється о восьмій.")


@pytest.fixture
def pick_newest(command_simulator, row_of, paused):
    """Place an order and click on it in the list of the latest ones, to show it.

    The shop is paused: on a slow machine ten further orders would move it out of the list.
    """

    def pick(page):
        number = command_simulator(command="place_order")["order"]["number"]
        row = row_of(card(page, "rows-latest"), number)
        row.hover()  # the list holds from now on; before, it may move between aim and press
        row.click()
        expect(card(page, "even-customer")).to_contain_text(number)
        page.mouse.move(0, 0)  # under the pointer the list holds still

    return pick


def test_the_newest_order_can_be_clicked_again_and_again_in_one_tab_only(
    open_page, pick_newest, command_simulator
):
    command_simulator(command="place_order")  # another one than those that are clicked
    first, second = open_page("orders"), open_page("orders")
    number = card(first, "even-customer").get_by_text(re.compile("Order ORD-"))
    followed = number.inner_text()

    for _ in range(3):
        pick_newest(second)

    expect(second).to_have_url(re.compile(r"order=ord_"))
    expect(number).to_have_text(followed)


def test_the_framed_row_is_the_shown_one_whatever_was_sorted_or_searched(
    open_page, row_of, command_simulator, paused
):
    for _ in range(3):
        command_simulator(command="place_order", customer="user_4")
    page = open_page("inventory")
    stock, shown = card(page, "rows-stock"), card(page, "rest-level")
    for head in ("Product", "SKU"):
        stock.get_by_role("columnheader", name=head).get_by_role("button").click()
        expect(stock.get_by_role("columnheader", name=head)).not_to_have_attribute(
            "aria-sort", "none"
        )
        third = stock.locator("tbody tr").nth(2)
        name = third.locator("td").first.inner_text()
        third.click()
        expect(stock.locator("[aria-selected=true]")).to_contain_text(name)
        expect(shown).to_contain_text(name)

    page.get_by_role("link", name="Orders").click()
    waiting, shown = card(page, "rows-open"), card(page, "even-customer")
    page.get_by_placeholder("Number, customer or product").fill("ORD")
    expect(waiting.locator("mark").first).to_have_text("ORD")
    third = waiting.locator("tbody tr").nth(2)
    number = third.locator("td").first.inner_text()
    third.click()
    expect(waiting.locator("[aria-selected=true]")).to_contain_text(number)
    expect(shown).to_contain_text(number)


def test_a_reset_in_one_tab_puts_all_tabs_back(open_page):
    orders, page = open_page("orders"), open_page("scenarios")
    latest = card(orders, "rows-latest")
    expect(latest).to_contain_text("ORD-")
    run = re.search(r"ORD-\w+-", latest.inner_text())[0]
    find = orders.get_by_placeholder("Number, customer or product")
    find.fill("ORD")
    expect(orders).to_have_url(re.compile("find=ORD"))
    page.get_by_role("button", name="Reset", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("discards the shop's orders and stock")

    dialog.get_by_role("button", name="Reset", exact=True).click()

    expect(dialog).to_have_count(0)
    expect(page.locator(".st-key-command-result")).to_contain_text("The shop was reset.")
    expect(orders.get_by_test_id("stToast")).to_contain_text("was reset at")
    expect(orders.locator(".st-key-page").first).not_to_contain_text(run)
    expect(find).to_have_value("")
    expect(orders).not_to_have_url(re.compile("find="))
