"""The pages, drawn from a feed without a server."""

import pytest
from msgspec.structs import replace

from client.sans_io.connection_state import ConnectionState
from dashboard.state.message_log import CHUNK_SIZE
from protocol.simulator_api import CustomerState
from tests.dashboard.drawn_pages import metrics, plot, words
from tests.dashboard.drawn_tables import drawn_tables, table_with

UKRAINIAN = {"overview": "Огляд", "explorer": "Канали", "inventory": "Склад"}
PAGES = tuple(UKRAINIAN)


@pytest.mark.parametrize("name", PAGES)
def test_draw_what_the_feed_has_received(draw, busy_feed, name):
    page = draw(busy_feed, name)

    assert page.title[0].value == name.capitalize()
    assert "<b>Live</b>" in words(page)


@pytest.mark.parametrize("name", ["overview", "explorer"])
def test_show_that_they_connect_before_the_first_message(draw, feed, name):
    assert "Connecting to 127.0.0.1:8080" in words(draw(feed, name))


@pytest.mark.parametrize("name", ["overview", "explorer"])
def test_show_how_to_start_a_missing_server(draw, feed, socket, shop, name):
    socket.set_status(ConnectionState.BACKOFF, retry_at=shop.noon + 4)

    shown = words(draw(feed, name))

    assert "Cannot reach 127.0.0.1:8080" in shown
    assert "python -m server" in shown
    assert "next attempt in 4 s" in shown


@pytest.mark.parametrize("name", ["overview", "explorer"])
def test_show_why_the_server_refused(draw, feed, socket, name):
    socket.set_status(ConnectionState.OPEN)
    socket.receive("auth_error", {"error": "Invalid or expired token"})

    shown = words(draw(feed, name))

    assert "The server refused the workbench: Invalid or expired token" in shown
    assert "WORKBENCH_JWT_SECRET" in shown


@pytest.mark.parametrize("name", PAGES)
def test_keep_their_data_when_the_connection_is_lost(draw, busy_feed, socket, shop, name):
    socket.set_status(ConnectionState.BACKOFF, retry_at=shop.noon + 4)

    page = draw(busy_feed, name)

    assert "<b>Disconnected</b>" in words(page)
    assert "next attempt in 4 s · showing the last data received" in words(page)
    assert len(drawn_tables(page)) == 2


def test_overview_has_empty_states(draw, feed, socket, shop):
    socket.live()
    socket.receive("traffic", shop.traffic(shop.sample("user:user_1")))

    shown = words(draw(feed, "overview"))

    assert "No orders yet" in shown
    assert "No alerts yet" in shown


def test_overview_counts_and_lists(draw, busy_feed, clock):
    clock.now += 3

    page = draw(busy_feed, "overview")

    shown = metrics(page)
    assert shown["Orders/min"] == "1"
    assert shown["Ordered, ₴"] == "1,500"
    assert table_with(page, "Order")["Status"] == ["paid"]
    assert table_with(page, "State")["Product"] == ["Кобзар"]


def test_overview_and_explorer_show_the_same_rate_without_the_monitors(
    draw, busy_feed, socket, shop, clock
):
    clock.now += 1
    socket.receive("traffic", shop.traffic(kinds={"user": 15, "monitor": 5}))

    assert metrics(draw(busy_feed, "overview"))["Messages/s"] == "4.0"
    assert "4.0 messages/s" in words(draw(busy_feed, "explorer"))


def test_overview_hides_its_details_in_presenter_mode(draw, busy_feed):
    assert draw(busy_feed, "overview", present="true").toggle(key="present").value


def test_explorer_lists_the_newest_message_first(draw, busy_feed):
    page = draw(busy_feed, "explorer")

    listed = table_with(page, "Content")
    assert listed["Type"][:3] == ["inventory_alert", "new_order", "order_update"]
    ids = table_with(page, "Subs").ids
    assert [id.removeprefix("kind ") for id in ids if id.startswith("kind")] == [
        "user:", "order:", "tenant:", "public:",
    ]  # fmt: skip


def test_explorer_shows_what_a_message_changed(draw, busy_feed):
    page = draw(busy_feed, "explorer")

    assert '"item_count": 2' in page.code[0].value
    assert "<s>1</s> <ins>2</ins>" in words(page)
    assert plot(page).options == ["cart.item_count", "cart.total"]


def test_explorer_shows_a_message_as_it_was_received(draw, busy_feed, shop):
    page = draw(busy_feed, "explorer")
    page.session_state["explorer-form-en"] = "original"
    page.run()

    received = shop.message(action="item_added", cart={"id": "c", "item_count": 2, "total": 2})
    assert page.code[0].value == received.decode()


def test_explorer_takes_its_filters_from_the_url(draw, busy_feed):
    page = draw(busy_feed, "explorer", channel="order:", type="order_update", text="/PA.D/")

    assert table_with(page, "Content")["Channel"] == ["order:ord_1"]
    assert "1 match in 5 stored" in words(page)


def test_explorer_reports_that_nothing_matches(draw, busy_feed):
    assert "No matching messages" in words(draw(busy_feed, "explorer", text="нічого такого"))


def test_explorer_reports_what_is_wrong_with_an_expression(draw, busy_feed):
    shown = words(draw(busy_feed, "explorer", text="/(/"))

    assert "Not a valid filter: /(/" in shown
    assert "Missing" in shown


def test_explorer_shows_what_a_json_path_selects(draw, busy_feed):
    page = draw(busy_feed, "explorer", text="$.payload.cart.item_count")

    assert table_with(page, "Content")["Content"] == ["2", "1"]
    assert "2 matches in 5 stored" in words(page)


def test_explorer_moves_from_message_to_message_in_a_frozen_list(draw, busy_feed, socket, shop):
    page = draw(busy_feed, "explorer")
    page.button(key="move-k").click().run()
    socket.receive("traffic", shop.traffic(shop.sample("user:user_1")))
    page.run()

    listed = table_with(page, "Content")
    assert listed["Type"][listed.ids.index(listed.data["selected"])] == "order_update"
    assert len(listed) == 5
    assert page.button(key="jump").label == "1 new"

    page.button(key="jump").click().run()

    assert len(table_with(page, "Content")) == 6


def test_explorer_shares_saved_messages_between_tabs(draw, busy_feed):
    page = draw(busy_feed, "explorer")
    page.button(key="save").click().run()
    assert page.button(key="save").label == "Saved"

    (row,) = table_with(draw(busy_feed, "explorer", view="saved"), "Content")["Channel"]

    assert row == "user:user_1"


def test_explorer_saves_the_message_whose_row_was_clicked_in_the_same_message(draw, busy_feed):
    page = draw(busy_feed, "explorer")
    rows = table_with(page, "Content")
    other = next(id for id in rows.ids if id != rows.data["selected"])

    page.button(key="save").click()
    page = rows.select(other)

    assert page.button(key="save").label == "Saved"
    assert table_with(page, "Content").data["selected"] == other
    assert table_with(draw(busy_feed, "explorer", view="saved"), "Content").ids == [other]


def test_explorer_reports_that_nothing_is_saved(draw, busy_feed):
    assert "No saved messages" in words(draw(busy_feed, "explorer", view="saved"))


def test_a_paused_explorer_steps_one_message_at_a_time(draw, busy_feed, socket, shop):
    page = draw(busy_feed, "explorer", type="cart_update")
    page.button(key="pause").click().run()
    other = shop.message("notification", title="Не те")
    socket.receive(
        "traffic",
        shop.traffic(shop.sample("user:user_2", other), *[shop.sample("user:user_3")] * 2),
    )

    page.button(key="step").click().run()

    assert table_with(page, "Content")["Channel"] == ["user:user_3"] + ["user:user_1"] * 2
    assert "1 new message" in words(page)


@pytest.mark.parametrize("name", PAGES)
def test_are_translated_into_ukrainian(draw, busy_feed, name):
    page = draw(busy_feed, name, language="uk")

    assert page.title[0].value == UKRAINIAN[name]
    assert "<b>Наживо</b>" in words(page)


def test_the_sidebar_shows_how_far_a_paused_tab_is_behind(draw, busy_feed, socket, shop):
    page = draw(busy_feed, "overview")
    page.button(key="pause").click().run()
    socket.receive("traffic", shop.traffic(*[shop.sample("user:user_1")] * 200))

    page.run()

    side = words(page).partition("gauge")[2]
    assert "200 new messages" in words(page)
    assert "width:1.0%" in side


def test_the_sidebar_takes_the_persona_from_the_url(draw, busy_feed):
    page = draw(busy_feed, "overview", persona="agent")

    assert page.sidebar.selectbox[0].value == "agent"


def test_an_unknown_option_in_the_url_means_the_first(draw, busy_feed):
    page = draw(busy_feed, "explorer", persona="nobody", type="nonsense", language="xx")

    assert page.sidebar.selectbox[0].value == "customer"
    assert len(table_with(page, "Content")) == 5


def test_explorer_waits_for_the_first_messages(draw, feed, socket):
    socket.live()
    node = {"node": "a", "uptime_s": 1.0, "connections": 1, "signed_in": 1, "subscriptions": 3}
    node |= dict.fromkeys(("channels", "messages_in", "messages_out", "publications"), 0)
    node |= {"deliveries": 0, "evictions": 0, "refusals": {}, "closes": {}}
    socket.receive("stats", {"nodes": [node | {"loop_lag_ms": 0.1, "latency": None}]})

    shown = words(draw(feed, "explorer"))

    assert "No messages yet" in shown
    assert "No message selected" in shown


def test_a_paused_page_keeps_its_snapshot_and_counts_new_messages(draw, busy_feed, socket, shop):
    page = draw(busy_feed, "explorer")
    page.button(key="pause").click().run()
    socket.receive("traffic", shop.traffic(*[shop.sample("user:user_1")] * 100))

    page.run()

    assert len(table_with(page, "Content")) == 5
    assert "new messages: 100, 0.5 % of the buffer" in words(page)

    page.button(key="pause").click().run()

    assert len(table_with(page, "Content")) == 105
    assert "<b>Live</b>" in words(page)


def test_a_page_paused_for_too_long_counts_the_lost_messages(draw, busy_feed, socket, shop):
    page = draw(busy_feed, "explorer")
    page.button(key="pause").click().run()
    for _ in range(42):
        socket.receive("traffic", shop.traffic(*[shop.sample("user:user_1")] * 500))

    page.run()

    lost = 3 * CHUNK_SIZE - 5  # as whole chunks are dropped; five messages are of before the pause
    assert f"new messages: 21,000, of which the oldest {lost} are lost" in words(page)


def test_inventory_lists_the_stock_and_the_alerts(draw, busy_feed):
    page = draw(busy_feed, "inventory")

    stock = table_with(page, "SKU")
    shown = [stock[title] for title in ("Product", "Київ", "Львів", "Threshold")]
    assert shown == [["Кобзар"], ["9"], ["9"], ["5"]]
    assert table_with(page, "Mark seen")["Left"] == ["2"]
    assert "1 product · empty shelves: 0 · unseen alerts: 1" in words(page)


def test_inventory_hides_an_acknowledged_alert_even_while_paused(draw, busy_feed):
    page = draw(busy_feed, "inventory")
    page.button(key="pause").click().run()

    busy_feed.acknowledge_alert(1)
    page.run()

    assert "No unseen alerts" in words(page)


def test_inventory_shows_how_to_start_a_missing_simulator(draw, feed, socket):
    socket.live()
    feed.on_shop_error("cannot connect")

    shown = words(draw(feed, "inventory"))

    assert "Stock unavailable" in shown
    assert "Stock data comes from the simulator: cannot connect." in shown
    assert "python -m simulator" in shown


def test_inventory_shows_since_when_the_simulator_does_not_answer(draw, busy_feed):
    busy_feed.on_shop_error("cannot connect")

    assert "no data from the simulator since 22:13:20: cannot connect" in words(
        draw(busy_feed, "inventory")
    )


def test_only_the_pages_are_in_the_navigation(draw, busy_feed):
    page = draw(busy_feed, "overview")

    assert [button.label for button in page.button] == ["Place an order", "Pause view"]


def test_overview_explains_why_there_are_fewer_deliveries_than_messages(
    draw, busy_feed, socket, shop
):
    for number in (1, 2, 3):
        customer = {"id": f"user_{number}", "name": f"Customer {number}"}
        arrived = {"customer": customer, "action": "arrived", "created_at": "2023-11-14T22:13:20Z"}
        socket.receive("customer_activity", arrived)
    connected = (CustomerState("user_2", "Customer 2", signed_in=True),)
    busy_feed.on_shop_state(replace(shop.stock(), customers=connected))

    assert "3 shopping now, 1 connected" in words(draw(busy_feed, "overview"))


def test_overview_shows_the_window_and_the_zoom_of_its_url(draw, busy_feed, shop):
    page = draw(busy_feed, "overview", window="30m")
    assert page.get("segmented_control") or page.get("button_group")

    start = int(shop.noon) - 60
    page = draw(busy_feed, "overview", zoom=f"{start}-{start + 30}")

    assert page.button(key="overview-reset-zoom").label == "22:12:20–22:12:50"
    page.button(key="overview-reset-zoom").click().run()
    assert "zoom" not in page.query_params


@pytest.mark.parametrize("zoom", ["100-130", "1700000000-99999999999", "1700000000-1", "soon"])
def test_a_zoom_of_times_that_are_not_kept_is_ignored(draw, busy_feed, zoom):
    page = draw(busy_feed, "overview", zoom=zoom)

    assert "overview-reset-zoom" not in [button.key for button in page.button]
