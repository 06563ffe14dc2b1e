"""Orders, Inbox and Scenarios, drawn without a server: what each shows when there is little."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from client.sans_io.connection_state import ConnectionState
from dashboard.tab_session import CommandResult
from dashboard.ui import shop_reset
from protocol import codec
from protocol.monitoring import Sample
from protocol.simulator_api import RunningScenario, ScenarioSubject, SubjectKind
from tests.dashboard.drawn_pages import words
from tests.dashboard.drawn_tables import drawn_tables, table_with

SCENARIO = {
    "name": "flash-sale",
    "title": {"en": "Flash sale", "uk": "Розпродаж"},
    "sentence": {"en": "Everybody wants the same", "uk": "Усі хочуть те саме"},
    "watch": {"en": "Orders a minute", "uk": "Замовлень за хвилину"},
    "pages": ["orders", "moon"],
    "lasts_s": 120,
    "running": None,
}


def columns(page):
    return [table.columns for table in drawn_tables(page)]


def test_orders_shows_one_order_and_lists_the_others(draw, busy_feed):
    page = draw(busy_feed, "orders")

    shown = words(page)
    assert "Олена Ковальчук sees" in shown
    assert "Order ORD-1" in shown
    assert 'class="now">Paid' in shown
    latest, waiting = drawn_tables(page)
    assert latest["Order"] == waiting["Order"] == ["ORD-1"]
    assert waiting["Status"] == ["paid"]


def test_orders_has_empty_states(draw, feed, socket, shop):
    socket.live()
    socket.receive("traffic", shop.traffic(shop.sample("user:user_1")))

    shown = words(draw(feed, "orders"))

    assert "No orders yet" in shown
    assert "No open orders" in shown


def test_orders_reports_an_unknown_order(draw, busy_feed):
    page = draw(busy_feed, "orders", order="ord_99")
    assert "Order not found" in words(page)

    page.button(key="another").click().run()

    assert "Order ORD-1" in words(page)
    assert page.query_params["order"] == "ord_1"


def test_orders_finds_the_order_of_a_link_by_its_number(draw, busy_feed):
    page = draw(busy_feed, "orders", order="ord-1")

    assert "Order ORD-1" in words(page)
    assert page.query_params["order"] == "ord_1"


def test_orders_says_why_a_finished_order_cannot_be_advanced(draw, busy_feed, socket, shop):
    last = shop.message("order_update", order_id="ord_1", status="delivered")
    socket.receive("traffic", shop.traffic(shop.sample("order:ord_1", last)))

    page = draw(busy_feed, "orders", order="ord_1")

    assert page.button(key="advance").disabled
    assert "The order was delivered: no step is left." in words(page)


def test_inventory_names_the_scenario_of_a_product(draw, busy_feed, shop, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    noon = shop.stock().now
    book = ScenarioSubject(SubjectKind.PRODUCT, "prod_1", "Кобзар")
    sale = RunningScenario("flash-sale", noon, noon, 0.5, 60.0, (book,))
    busy_feed.on_shop_state(replace(shop.stock(), scenarios=(sale,)))

    page = draw(busy_feed, "inventory", site.url)

    stock = table_with(page, "SKU")
    assert (stock["Product"], stock[""]) == (["Кобзар"], ["Flash sale"])


def test_inventory_keeps_the_product_in_the_address(draw, busy_feed):
    page = draw(busy_feed, "inventory", product="prod_1")

    assert page.query_params["product"] == "BK-1"


def test_inventory_reports_an_unknown_product(draw, busy_feed):
    shown = words(draw(busy_feed, "inventory", product="XX-9"))

    assert "The shop has no product XX-9." in shown


def test_orders_are_found_by_number_customer_and_product(draw, busy_feed):
    page = draw(busy_feed, "orders")

    page.text_input(key="orders-find").set_value("кобзар олена").run()
    assert len(drawn_tables(page)) == 2
    page.text_input(key="orders-find").set_value("nobody").run()

    assert "No matching orders" in words(page)
    assert len(drawn_tables(page)) == 1


def test_a_search_applies_to_one_page_only(draw, busy_feed):
    page = draw(busy_feed, "explorer")
    page.text_input(key="explorer-find").set_value("cart").run()

    page.switch_page("views/orders/page.py").run()
    assert page.text_input(key="orders-find").value == ""
    page.text_input(key="orders-find").set_value("кобзар").run()
    page.switch_page("views/explorer/page.py").run()

    assert page.text_input(key="explorer-find").value == "cart"
    assert page.query_params["find"] == "cart"


def test_the_tables_of_a_page_are_forgotten_when_it_is_left(draw, busy_feed):
    page = draw(busy_feed, "orders")

    page.switch_page("views/inventory/page.py").run()

    drawn = {table.data["label"] for table in drawn_tables(page)}
    assert len(page.session_state["tab"].table_acts) == len(drawn) > 0


def test_a_view_applies_to_one_page_only(draw, busy_feed):
    page = draw(busy_feed, "explorer", view="saved")

    page.switch_page("views/orders/page.py").run()
    assert "view" not in page.query_params
    page.switch_page("views/explorer/page.py").run()

    assert page.query_params["view"] == "saved"


def test_orders_draws_a_timeline_if_selected(draw, busy_feed):
    page = draw(busy_feed, "orders", view="timeline")

    assert len(drawn_tables(page)) == 1
    assert page.get("vega_lite_chart") or page.get("arrow_vega_lite_chart")


@pytest.fixture
def two_orders(busy_feed, socket, shop):
    """A feed with two orders: the one that Orders shows by itself, and another one."""
    socket.receive("new_order", shop.placed("ord_2"))
    return busy_feed


def selected_order(page):
    return table_with(page, "Order", "Time").data["selected"]


def other_order(page):
    """The table of the latest orders, the id of the selected one, and that of another one."""
    latest = table_with(page, "Order", "Time")
    shown = selected_order(page)
    return latest, shown, next(id for id in latest.ids if id != shown)


def test_orders_advances_the_order_whose_row_was_clicked_in_the_same_message(
    draw, two_orders, site
):
    page = draw(two_orders, "orders", site.url)
    latest, _, other = other_order(page)

    page.button(key="advance").click()
    latest.select(other)

    asked = [site.asked.get(timeout=10) for _ in range(site.asked.qsize())]
    bodies = [codec.decode_json(body) for method, _, body, _ in asked if method == "POST"]
    assert bodies == [{"command": "advance_order", "order": other}]


def test_a_run_with_the_address_from_before_a_click_keeps_what_was_clicked(draw, two_orders):
    page = draw(two_orders, "orders")
    latest, shown, other = other_order(page)

    page = latest.select(other)
    page.query_params["order"] = shown
    page.run()
    assert selected_order(page) == other

    page.query_params["order"] = shown  # the browser has had the new address: now it is a link
    page.run()
    assert selected_order(page) == shown


def test_orders_disables_advancing_without_a_simulator(draw, busy_feed):
    busy_feed.on_shop_error("cannot connect")

    assert draw(busy_feed, "orders").button(key="advance").disabled


def test_inbox_has_empty_states(draw, busy_feed):
    shown = words(draw(busy_feed, "inbox", customer="user_2"))

    assert "No notifications yet" in shown
    assert "The cart is empty" in shown


def test_inbox_shows_that_a_socket_is_not_connected_yet(draw, busy_feed):
    shown = words(draw(busy_feed, "inbox"))

    assert "**Connecting**" in shown


def test_inbox_shows_earlier_messages_of_a_customer_from_the_feed(draw, busy_feed, socket, shop):
    note = shop.message(
        "notification", id="n_1", title="Ваше замовлення", body="Їде", action_url="//evil.example"
    )
    socket.receive("traffic", shop.traffic(shop.sample("user:user_1", note)))

    page = draw(busy_feed, "inbox")

    shown = words(page)
    assert "Ваше замовлення" in shown
    assert "External link (not opened)." in shown
    assert "evil.example" not in shown
    assert "items" not in shown
    assert ["Time", "Change", "Product", "Total, ₴"] in columns(page)


def test_inbox_shows_an_announcement_from_before_it_was_opened(draw, busy_feed, socket, shop):
    notice = {"id": "n_9", "title": "Увага всім", "body": "Зачиняємося о восьмій"}
    socket.receive("notification", notice, at=shop.noon)

    assert "Увага всім" in words(draw(busy_feed, "inbox", customer="user_2"))


def test_inbox_reports_an_unknown_customer(draw, busy_feed):
    assert "No customer nobody was seen" in words(draw(busy_feed, "inbox", customer="nobody"))


def test_inbox_disables_writing_without_a_connection(draw, busy_feed):
    page = draw(busy_feed, "inbox")

    assert all(box.disabled for box in page.chat_input)


def test_scenarios_are_listed_with_what_to_watch_on_which_page(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})

    page = draw(busy_feed, "scenarios", site.url)

    shown = words(page)
    for words_ in ("Flash sale", "Everybody wants the same", "Orders a minute", "lasts 2 min"):
        assert words_ in shown
    assert "speed ×1" in shown
    assert page.button(key="run-flash-sale").label == "Run **Flash sale**"


def test_a_scenario_is_started_with_a_click(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)
    site.body = b'{"command": "start_scenario", "at": "2026-11-25T10:00:00Z"}'

    page.button(key="run-flash-sale").click().run()

    asked = [site.asked.get(timeout=10) for _ in range(site.asked.qsize())]
    method, path, body, _ = asked[-1]
    assert (method, path) == ("POST", "/control")
    assert codec.decode_json(body) == {"command": "start_scenario", "name": "flash-sale"}
    assert "Scenario started." in words(page)


def test_a_running_scenario_names_what_it_acts_on(draw, busy_feed, site, shop):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    noon = datetime.fromtimestamp(shop.noon, UTC)
    subject = ScenarioSubject(SubjectKind.PRODUCT, "prod_1", "Кобзар")
    running = RunningScenario("flash-sale", noon, noon, 0.5, 60.0, (subject,))
    busy_feed.on_shop_state(msgspec.structs.replace(shop.stock(), scenarios=(running,)))

    page = draw(busy_feed, "scenarios", site.url)

    assert "sell: Кобзар" in words(page)
    assert page.button(key="run-flash-sale").label == "Stop **Flash sale**"


def test_an_announcement_says_who_got_it_and_where_it_is(draw, busy_feed, socket, site, shop):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)
    page.session_state["tab"].command_result = CommandResult(
        "announce", shop.noon, notification="notif_1"
    )
    message = shop.message("notification", id="notif_1", title="Увага", body="Зачиняємося")
    socket.receive("traffic", shop.traffic(Sample("*", 28, msgspec.Raw(message))))

    page.run()

    assert "delivered to 28 connections" in words(page)


def test_a_reset_elsewhere_clears_the_tab_and_is_said(draw, busy_feed, site, shop):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)
    tab = page.session_state["tab"]
    tab.paused_snapshot, tab.orders.selected_id = busy_feed.snapshot(), "ord_1"
    reset(busy_feed, shop)

    page.run()

    assert (tab.paused_snapshot, tab.orders.selected_id) == (None, "")
    assert "The shop was reset at" in page.toast[0].value


@pytest.mark.parametrize(("name", "again"), [("orders", 1), ("training", 0)])
def test_a_reset_elsewhere_ends_no_run_of_a_lesson_as_its_click_would_be_lost(
    draw, busy_feed, shop, monkeypatch, name, again
):
    page = draw(busy_feed, name)
    reset(busy_feed, shop)
    ended = []
    monkeypatch.setattr(shop_reset.st, "rerun", lambda: ended.append(name))

    page.run()

    assert len(ended) == again


def test_a_reset_elsewhere_is_followed_after_a_command_that_failed(draw, busy_feed, shop):
    page = draw(busy_feed, "orders")
    tab = page.session_state["tab"]
    tab.command_result = CommandResult("announce", shop.noon, error="cannot connect")
    tab.paused_snapshot = busy_feed.snapshot()
    reset(busy_feed, shop)

    page.run()

    assert tab.paused_snapshot is None


def reset(feed, shop):
    noon = datetime.fromtimestamp(shop.noon, UTC)
    feed.on_shop_state(msgspec.structs.replace(shop.stock(), run="b2", reset_at=noon))


def test_a_reset_clears_filters_and_the_address_but_not_pins(draw, busy_feed, shop):
    query = {"channel": "user:user_9", "view": "saved", "pin": "tenant:shop", "monitor": "on"}
    page = draw(busy_feed, "explorer", persona="admin", **query)
    assert "No saved messages" in words(page)
    reset(busy_feed, shop)

    page.run()

    assert dict(page.query_params) == {"persona": "admin", "pin": "tenant:shop"}
    assert [field.value for field in page.text_input] == [""] * len(page.text_input)
    assert "No saved messages" not in words(page)


def test_a_reset_asks_first(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)

    page.button(key="reset").click().run()

    assert any("discards the shop's orders and stock" in text.value for text in page.markdown)
    assert all(b"reset" not in body for _, _, body, _ in list(site.asked.queue))
    site.body = b'{"command": "reset", "at": "2026-11-25T10:00:00Z"}'
    page.button(key="reset-confirm").click().run()
    bodies = [body for _, path, body, _ in list(site.asked.queue) if path == "/control"]
    assert codec.decode_json(bodies[-1]) == {"command": "reset", "seed": 7, "language": "uk"}
    assert "The shop was reset." in words(page)


def test_a_reset_that_fails_puts_nothing_back(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)
    page.session_state["tab"].orders.selected_id = "ord_1"
    page.button(key="reset").click().run()
    site.status, site.body = 409, b'{"error":{"message":"Not now"}}'

    page.button(key="reset-confirm").click().run()

    assert page.session_state["tab"].orders.selected_id == "ord_1"
    assert "Not now" in words(page)


def test_an_error_of_the_simulator_is_shown_in_its_words(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    page = draw(busy_feed, "scenarios", site.url)
    site.status = 422
    site.body = b'{"error": {"code": "invalid", "message": "No such scenario", "field": "name"}}'

    page.button(key="run-flash-sale").click().run()

    assert "No such scenario" in words(page)


def test_scenarios_show_how_to_start_a_missing_simulator(draw, feed, socket, shop):
    socket.set_status(ConnectionState.OPEN, signed_in=True)
    feed.on_shop_error("cannot connect")

    shown = words(draw(feed, "scenarios"))

    assert "Simulator not running" in shown
    assert "cannot connect" in shown
    assert "python -m simulator" in shown


def test_scenarios_cannot_be_run_while_the_simulator_does_not_answer(draw, busy_feed, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})
    busy_feed.on_shop_error("cannot connect")

    page = draw(busy_feed, "scenarios", site.url)

    assert page.button(key="run-flash-sale").disabled
    assert "no data from the simulator since" in words(page)


@pytest.fixture
def running(busy_feed, shop):
    """A feed of a shop in which a flash sale runs on one product."""
    noon = shop.stock().now
    subjects = (ScenarioSubject(SubjectKind.PRODUCT, "BK-1", "Кобзар"),)
    sale = RunningScenario("flash-sale", noon, noon, 0.4, 72.0, subjects)
    busy_feed.on_shop_state(replace(shop.stock(), scenarios=(sale,)))
    return busy_feed


@pytest.mark.parametrize("name", ["explorer", "orders", "inventory", "connections"])
def test_every_page_names_the_running_scenario_its_time_left_and_its_subjects(
    draw, running, site, name
):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})

    page = draw(running, name, site.url)

    shown = words(page)
    assert "<b>Flash sale</b>" in shown
    assert "1:12 left" in shown
    assert "Кобзар" in shown
    assert page.button(key="strip-stop-flash-sale").label == "Stop"


def test_a_card_has_the_time_left_of_the_strip(draw, running, site):
    site.body = codec.encode_json({"scenarios": [SCENARIO]})

    page = draw(running, "scenarios", site.url)

    assert "1:12 left" in [caption.value for caption in page.caption]


def test_several_scenarios_are_stopped_at_once(draw, running, site, shop):
    noon = shop.stock().now
    names = ("flash-sale", "stock-out")
    several = tuple(RunningScenario(name, noon, noon, 0.4, 72.0) for name in names)
    running.on_shop_state(replace(shop.stock(), scenarios=several))
    page = draw(running, "orders", site.url)
    while not site.asked.empty():
        site.asked.get()

    page.button(key="strip-stop-all").click().run()

    asked = [codec.decode_json(body) for _, path, body, _ in site.asked.queue if path == "/control"]
    assert asked == [{"command": "stop_scenario", "name": name} for name in names]


def test_stop_in_the_head_stops_the_scenario(draw, running, site):
    page = draw(running, "orders", site.url)
    while not site.asked.empty():
        site.asked.get()

    page.button(key="strip-stop-flash-sale").click().run()

    sent = [(method, body) for method, _, body, _ in list(site.asked.queue)]
    assert ("POST", b'{"command":"stop_scenario","name":"flash-sale"}') in sent


def test_a_page_of_a_paused_shop_is_not_called_live(draw, busy_feed, shop):
    busy_feed.on_shop_state(replace(shop.stock(), running=False))

    page = draw(busy_feed, "orders")

    shown = words(page)
    assert "<b>Shop paused</b>" in shown
    assert "<b>The shop is paused</b>" in shown
    assert page.button(key="strip-resume").label == "Resume the shop"


def test_the_head_says_that_no_scenario_runs(draw, busy_feed):
    assert "No scenario running" in words(draw(busy_feed, "orders"))


def test_the_head_says_that_the_simulator_does_not_respond(draw, feed, socket):
    socket.live()

    assert "The simulator does not respond." in words(draw(feed, "orders"))
