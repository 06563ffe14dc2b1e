"""Orders, conversations and scenarios as a person sees them, each on real sockets."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect


@pytest.fixture
def tell(house, token):
    """Have the simulator do something; returns its answer."""

    def send(**command):
        request = urllib.request.Request(
            f"http://127.0.0.1:{house.house_simulator.port}/control",
            json.dumps(command).encode(),
            {"Authorization": f"Bearer {token('boss', 'admin')}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    return send


def card(page, key):
    return page.locator(f".st-key-{key}")


def say(page, side, words):
    """Write in one end of the conversation and send it."""
    box = card(page, f"chat-input-{side}").locator("textarea")
    box.fill(words)
    box.press("Enter")


def test_what_a_customer_writes_arrives_at_the_support_and_the_answer_comes_back(open_page):
    page = open_page("inbox")

    say(page, "customer", "Чи є у вас чорна?")
    expect(card(page, "chat-log-staff").get_by_text("Чи є у вас чорна?")).to_be_visible()
    say(page, "staff", "Так, остання на складі.")

    expect(card(page, "chat-log-customer").get_by_text("Так, остання на складі.")).to_be_visible()
    expect(card(page, "chat-log-customer").get_by_text("Марія ·")).to_be_visible()


def test_a_conversation_that_a_person_answered_in_is_left_to_them(open_page):
    page = open_page("inbox?persona=customer-2")
    say(page, "customer", "Коли відправите?")
    expect(card(page, "chat-log-staff").get_by_text("Коли відправите?")).to_be_visible()
    expect(
        page.get_by_text("The simulated agent replies until a person takes over.")
    ).to_be_visible()

    page.get_by_role("button", name="Take over").click()

    expect(page.get_by_text("The simulated agent no longer replies")).to_be_visible()


def test_what_was_said_is_there_again_after_a_reload(open_page):
    page = open_page("inbox")
    say(page, "customer", "Пам'ятаєте мене?")
    expect(card(page, "chat-log-staff").get_by_text("Пам'ятаєте мене?")).to_be_visible()

    page.reload()

    expect(card(page, "chat-log-customer").get_by_text("Пам'ятаєте мене?")).to_be_visible()


@pytest.fixture
def paused(tell):
    """Hold the shop's own time: nothing moves but by hand."""
    tell(command="pause")
    yield
    tell(command="resume")


def test_the_tracker_steps_when_the_order_ships(open_page, tell, paused):
    order = tell(command="place_order", customer="user_5")["order"]
    page = open_page(f"orders?order={order['id']}")
    customer, shop = card(page, "even-customer"), card(page, "even-shop")
    now = customer.locator(".track .now")
    expect(now).to_contain_text("Placed")

    for step in ("Paid", "Being packed", "On its way"):
        page.get_by_role("button", name="Advance order").click()
        expect(now).to_contain_text(step)

    expect(customer.get_by_role("link")).to_have_attribute(
        "href", re.compile(r"https://novaposhta\.ua/track/\d+")
    )
    expect(shop).to_contain_text("ms apart")


def test_a_scenario_that_is_started_shows_how_far_it_is_and_can_be_stopped(open_page):
    page = open_page("scenarios")
    sale = card(page, "fit-scenario-flash-sale")
    expect(sale).to_contain_text("lasts")

    sale.get_by_role("button", name="Run").click()
    expect(sale).to_contain_text("left")
    expect(page.locator(".st-key-head")).to_contain_text("1 scenario running")
    sale.get_by_role("button", name="Stop").click()

    expect(sale).to_contain_text("lasts")
    expect(page.locator(".st-key-head")).to_contain_text("no scenario running")


def test_an_order_that_is_placed_by_hand_can_be_followed(open_page):
    page = open_page("scenarios")

    page.get_by_role("button", name="Place an order").click()
    link = page.get_by_role("link", name=re.compile("Follow ORD-"))
    number = re.search(r"ORD-\S+", link.inner_text())[0]
    link.click()

    expect(card(page, "even-customer")).to_contain_text(number)


def test_a_shop_that_is_paused_says_so_and_goes_on(open_page):
    page = open_page("scenarios")

    page.get_by_role("button", name="Pause simulation").click()
    expect(page.locator(".st-key-head")).to_contain_text("paused")
    page.get_by_role("button", name="Resume simulation").click()

    expect(page.locator(".st-key-head")).to_contain_text("speed ×1")


def test_a_notification_leads_to_its_order_on_this_site(open_page, tell, paused):
    order = tell(command="place_order", customer="user_3")["order"]
    page = open_page("inbox?customer=user_3")
    note = card(page, "even-notifications")
    expect(note).to_contain_text(order["number"])

    note.get_by_role("link", name="View order").first.click()

    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/orders\?.*order={order['id']}"))
    expect(card(page, "even-customer")).to_contain_text(order["number"])


def test_an_announcement_reaches_the_inbox_as_a_toast_and_a_line_that_stays(open_page, tell):
    page = open_page("inbox")
    expect(card(page, "even-notifications")).to_be_visible()

    tell(command="announce", title="Увага всім", body="Магазин зачиняється о восьмій.")

    expect(page.get_by_test_id("stToast")).to_contain_text("Увага всім")
    expect(card(page, "even-notifications")).to_contain_text("Магазин зачиняється о восьмій.")


@pytest.fixture
def pick_newest(tell, click_row):
    """Place an order and click on what is then on top of the feed; another one is shown."""

    def pick(page):
        feed = card(page, "pick-latest").get_by_test_id("stDataFrame")
        expect(feed).to_be_visible()
        before, number = page.url, tell(command="place_order")["order"]["number"]
        expect(feed.locator("table")).to_contain_text(number)
        click_row(feed, 0, 60, lambda: expect(page).not_to_have_url(before, timeout=4_000))

    return pick


def test_an_order_that_is_clicked_is_followed_in_this_tab_alone(open_page, pick_newest):
    first, second = open_page("orders"), open_page("orders")
    number = card(first, "even-customer").get_by_text(re.compile("Order ORD-"))
    followed = number.inner_text()

    pick_newest(second)

    expect(second).to_have_url(re.compile(r"order=ord_"))
    expect(number).to_have_text(followed)


def test_the_newest_order_can_be_clicked_again_and_again_in_the_same_place(open_page, pick_newest):
    page = open_page("orders")

    for _ in range(3):
        pick_newest(page)

    expect(page).to_have_url(re.compile(r"order=ord_"))


def test_orders_are_found_by_the_name_of_their_customer(open_page, tell):
    name = tell(command="place_order", customer="user_4")["order"]["customer"]["name"]
    page = open_page("orders")

    page.get_by_placeholder("Number, customer or product").fill(name)

    expect(card(page, "rest-open")).to_contain_text("found")
    expect(page).to_have_url(re.compile("find="))
