"""The Explorer, drawn from a feed without a server."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.dependencies import Dependencies, install
from dashboard.messages.message_ids import message_id
from dashboard.sources.connections_client import PollResult
from dashboard.sources.saved_messages import SavedMessages
from protocol.admin_api import ConnectionInfo, ConnectionList
from tests.dashboard.drawn_pages import plot
from tests.dashboard.drawn_tables import table_with

APP = Path(dashboard.__file__).with_name("app.py")
EXPLORER = "views/explorer/page.py"
VIEW = "explorer-view-en"


class FakeConnections:
    """The connection list, as a test sets it."""

    def __init__(self):
        self.result = PollResult()

    def latest(self):
        return self.result

    def connect(self, *connections):
        listed = ConnectionList(tuple(connections), len(connections))
        self.result = PollResult(listed, at=1.0)


def connection(id, name, *channels):
    noon = datetime(2026, 1, 1, tzinfo=UTC)
    return ConnectionInfo(id, f"user_{id}", name, "customer", "a", noon, noon, channels, 0, 0)


@pytest.fixture
def connections():
    return FakeConnections()


@pytest.fixture
def open_explorer(tmp_path, busy_feed, connections):
    """Open the page in a new tab; keywords are its query."""

    def go(**query):
        page = AppTest.from_file(str(APP), default_timeout=30)
        page.run()
        return follow(page, EXPLORER, **query)

    st.cache_resource.clear()
    with ExitStack() as installed:
        saved = SavedMessages(tmp_path)
        parts = Dependencies(feed=busy_feed, saved_messages=saved, connections_client=connections)
        installed.enter_context(install(parts))
        yield go
    st.cache_resource.clear()


def follow(page, target, **query):
    """Follow a link to a page: the URL then has the link's query only."""
    page.query_params.clear()
    for name, value in query.items():
        page.query_params[name] = value
    page.switch_page(target).run()
    assert not page.exception
    return page


def url(page):
    query = page.query_params.items()
    return {name: value if isinstance(value, str) else value[-1] for name, value in query}


def texts(page):
    """All text of the page's HTML, captions and Markdown."""
    html = [each.proto.body for each in page.get("html")]
    return " ".join(html + [each.value for each in [*page.caption, *page.markdown]])


def links(page):
    return {link.proto.label: link.proto for link in page.get("page_link")}


def test_a_selected_message_is_in_the_url_and_a_link_to_it_selects_it(open_explorer):
    page = open_explorer()
    listed = table_with(page, "Content")
    listed.select(listed.ids[2])

    assert url(page)["message"] == listed.ids[2]
    other = open_explorer(message=listed.ids[2])
    assert '"status": "paid"' in other.code[0].value


def test_a_message_that_is_not_stored_is_reported(open_explorer):
    page = open_explorer(message="99999")

    assert "The message of this link is no longer stored" in texts(page)
    assert "The stored messages begin at" in texts(page)


def test_a_number_of_a_message_is_enough(open_explorer):
    assert '"status": "paid"' in open_explorer(message="3").code[0].value


def test_a_link_wins_over_what_was_shown_before(open_explorer):
    page = open_explorer(channel="user:", message="1")
    follow(page, "views/inventory/page.py")

    follow(page, EXPLORER, channel="order:ord_1", message="3")

    assert table_with(page, "Content")["Type"] == ["order_update"]
    assert '"status": "paid"' in page.code[0].value


def test_coming_back_shows_what_was_shown_before_and_puts_it_into_the_url(open_explorer):
    page = open_explorer(channel="user:", text="cart.total > 1", plot="cart.total")
    before = url(page)
    follow(page, "views/inventory/page.py")

    follow(page, EXPLORER)

    assert url(page) == before
    assert table_with(page, "Content")["Content"][0].startswith("cart.total 2 — item_added")
    assert plot(page).value == "cart.total"


def test_the_plotted_field_survives_a_message_without_it(open_explorer):
    page = open_explorer(message="3")
    order, cart, _ = table_with(page, "Content").ids
    table_with(page, "Content").select(cart)
    plot(page).select("cart.total").run()
    table_with(page, "Content").select(order)
    page.button(key="move-j").click().run()

    assert plot(page).value == "cart.total"
    assert url(page)["plot"] == "cart.total"


def test_the_live_list_is_there_again_after_the_saved_one_and_another_page(open_explorer):
    page = open_explorer(message="2")
    page.button(key="save").click().run()
    page.selectbox(key=VIEW).select("saved").run()
    saved = table_with(page, "Content")
    saved.select(saved.ids[0])
    follow(page, "views/inventory/page.py")
    follow(page, EXPLORER)
    assert len(table_with(page, "Content")) == 1
    table_with(page, "Subs").select("channel order:ord_1")

    page.selectbox(key=VIEW).select("live").run()

    assert "view" not in url(page)
    assert table_with(page, "Content")["Channel"] == ["order:ord_1"]


def test_a_choice_is_not_sent_back_to_the_browser(open_explorer):
    page = open_explorer(view="saved", monitor="on")

    # A run that began before a choice would undo it.
    assert not page.selectbox(key=VIEW).proto.set_value
    assert not page.toggle(key="explorer-monitor").proto.set_value
    assert (page.selectbox(key=VIEW).value, page.toggle(key="explorer-monitor").value) == (
        "saved",
        True,
    )


def test_a_link_to_a_client_clears_the_filters_that_would_hide_it(open_explorer):
    page = open_explorer(message="2", type="cart_update", view="saved", text="cart.total = 2")

    page.button(key="show-user-user_1").click().run()

    assert url(page) == {"message": url(page)["message"], "user": "user_1"}
    assert sorted(set(table_with(page, "Content")["Channel"])) == ["tenant:shop", "user:user_1"]


def test_a_link_from_another_page_clears_the_filters_that_would_hide_its_subject(open_explorer):
    page = open_explorer(text="cart.total = 2", type="cart_update", list="busiest")
    follow(page, "views/inventory/page.py")

    follow(page, EXPLORER, channel="order:ord_1")

    assert url(page) == {"channel": "order:ord_1", "list": "busiest"}
    assert table_with(page, "Content")["Channel"] == ["order:ord_1"]


def test_a_link_to_a_channel_does_not_keep_the_message_that_was_selected_before(open_explorer):
    page = open_explorer(channel="user:", message="1")
    follow(page, "views/inventory/page.py")

    follow(page, EXPLORER, channel="order:ord_1")

    assert '"status": "paid"' in page.code[0].value


def test_filters_that_match_nothing_can_be_cleared(open_explorer):
    page = open_explorer(channel="order:ord_1", type="cart_update", user="user_1", text="x")

    page.button(key="clear-filters").click().run()

    assert url(page) == {}
    assert len(table_with(page, "Content")) == 5


def test_the_message_of_a_link_is_listed_first_although_newer_ones_or_a_filter_would_hide_it(
    open_explorer,
):
    listed = table_with(open_explorer(message="3"), "Content")
    assert [id.partition("-")[0] for id in listed.ids] == ["3", "2", "1"]
    assert listed.data["selected"] == listed.ids[0]

    listed = table_with(open_explorer(message="3", type="cart_update"), "Content")
    assert listed["Type"] == ["order_update", "cart_update", "cart_update"]


def test_a_message_whose_predecessor_was_dropped_says_so(open_explorer, busy_feed, socket, shop):
    one = shop.traffic(*[shop.sample("public:x", shop.message("notification", title="x"))] * 500)
    for _ in range(45):
        socket.receive("traffic", one)
    socket.receive("traffic", shop.traffic(shop.sample("order:ord_2")))

    page = open_explorer(channel="order:ord_2")

    assert "earlier messages are no longer stored" in texts(page)


def test_a_hidden_channel_that_is_busier_than_the_listed_ones_is_named(
    open_explorer, busy_feed, socket, shop
):
    socket.receive("traffic", shop.traffic(kinds={"monitor": 99}))

    assert "hidden, 9.9/s · the busiest" in texts(open_explorer(list="busiest"))
    assert "the busiest" not in texts(open_explorer())


def test_a_link_keeps_how_the_message_is_shown(open_explorer):
    page = open_explorer(message="3")
    page.button_group(key="explorer-form-en").set_value("fields").run()

    assert url(page)["form"] == "fields"
    assert table_with(open_explorer(message="3", form="fields"), "Field")


@pytest.mark.parametrize(
    "filter",
    [
        {},
        {"channel": "user:"},
        {"type": "cart_update"},
        {"text": "item_added"},
        {"text": "/item_.dded/"},
        {"text": "$.payload.cart"},
        {"text": "cart.total > 1"},
    ],
    ids=str,
)
def test_send_is_a_link_to_the_console_under_every_filter(open_explorer, busy_feed, filter):
    page = open_explorer(**filter, message="2")

    second = [*busy_feed.snapshot().log.newest_first()][-2]
    link = links(page)["Send"]
    assert (link.page, link.query_string) == ("console", f"send={message_id(second)}")


def test_an_invalid_filter_offers_the_nearest_valid_form(open_explorer):
    page = open_explorer(text="$.payload.cart.total > 1")
    assert "Not a valid filter" in texts(page)

    page.button(key="suggestion").click().run()

    assert url(page)["text"] == "$[?@.cart.total > 1]"
    assert len(table_with(page, "Content")) == 1


def test_a_filter_that_finds_nothing_offers_another_form(open_explorer):
    page = open_explorer(text="$.payload.cart[?(@.total > 1)]")

    assert page.button(key="suggestion").label == "Did you mean `$[?@.cart.total > 1]`?"


def test_an_example_of_the_help_becomes_the_filter(open_explorer):
    page = open_explorer()
    page.button(key="example-0").click().run()

    assert url(page)["text"] == "cart.total > 20000"
    assert page.text_input(key="explorer-text").value == "cart.total > 20000"


def test_a_click_on_a_field_lists_the_messages_with_its_value(open_explorer):
    page = open_explorer(message="2", form="fields")
    fields = table_with(page, "Field")
    assert fields["Before"] == ["", "", "1", "1"]

    fields.select("cart.total")

    assert url(page)["text"] == "cart.total = 2"
    listed = table_with(page, "Content")
    assert listed["Content"] == ["cart.total 2 — item_added · item_count 2 · total 2"]
    assert listed.data["rows"][0][-1] == ["", "", "cart.total 2", listed["Content"][0][12:]]


def test_a_click_on_the_chart_of_a_field_plots_it(open_explorer):
    page = open_explorer(message="2", form="fields")

    table_with(page, "Field").click("cart.total", "")

    assert plot(page).value == "cart.total"


def test_the_messages_of_a_client_can_be_listed(open_explorer):
    page = open_explorer(message="2", text="cart.total = 2")
    page.button(key="show-user-user_1").click().run()

    assert url(page)["user"] == "user_1"
    assert "text" not in url(page)
    assert sorted(set(table_with(page, "Content")["Channel"])) == ["tenant:shop", "user:user_1"]

    page.button(key="clear-user").click().run()

    assert len(table_with(page, "Content")) == 5


def test_a_chosen_channel_shows_its_subscribers_with_links(open_explorer, connections):
    connections.connect(
        connection("c2", "Тарас", "user:user_c2"), connection("c1", "Олена", "order:ord_1")
    )
    page = open_explorer(message="3")

    page.button(key="show-channel").click().run()

    assert "1 subscribed now" in texts(page)
    assert links(page)["Олена · user\\_c1"].query_string == "connection=c1"
    assert "Тарас · user\\_c2" not in links(page)


def test_a_chosen_kind_is_explained(open_explorer):
    assert "Updates of one order." in texts(open_explorer(channel="order:"))
    assert "A publication to all connected clients." in texts(open_explorer(channel="*"))


def test_a_part_of_a_name_is_neither_kind_nor_channel(open_explorer):
    assert "What is this?" not in texts(open_explorer(channel="ord"))


def test_a_channel_without_subscribers_says_so(open_explorer, connections):
    connections.connect()

    assert "No connected client is subscribed" in texts(open_explorer(channel="order:ord_1"))


def test_subscribers_that_cannot_be_loaded_are_reported(open_explorer, connections):
    connections.result = PollResult(error="cannot connect")

    assert "Unavailable: cannot connect." in texts(open_explorer(channel="order:ord_1"))


def test_a_click_on_a_channel_filters_and_a_kind_can_be_closed(open_explorer):
    page = open_explorer()
    table_with(page, "Subs").select("channel order:ord_1")
    assert table_with(page, "Content")["Channel"] == ["order:ord_1"]

    table_with(page, "Subs").click("kind user:", "")

    assert "channel user:user_1" not in table_with(page, "Subs").ids
    assert url(page) == {"channel": "order:ord_1", "closed": "user"}


def test_the_channels_can_be_listed_with_the_busiest_first(open_explorer):
    page = open_explorer(list="busiest")

    listed = table_with(page, "Subs")
    assert listed.ids == ["listed order:ord_1", "listed tenant:shop", "listed user:user_1"]
    assert "explorer-sort-en" not in [each.key for each in page.selectbox]
    assert "by messages per second" in texts(page)
    listed.select("listed order:ord_1")
    assert table_with(page, "Content")["Channel"] == ["order:ord_1"]


@pytest.mark.parametrize("field", ["channel", "text", "find"])
def test_an_order_is_found_by_its_number_in_every_field(open_explorer, field):
    page = open_explorer(**{field: "ORD-1"})

    if field == "find":
        assert table_with(page, "Subs").ids == ["kind order:", "channel order:ord_1"]
        assert table_with(page, "Subs")["Channel"][0] == "order: · 1 found"
    else:
        assert "order:ord_1" in table_with(page, "Content")["Channel"]


def test_a_pinned_channel_stays_at_the_top_and_in_the_url(open_explorer):
    page = open_explorer(channel="order:ord_1")
    page.button(key="pin").click().run()

    assert url(page)["pin"] == "order:ord_1"
    assert table_with(page, "Subs").ids[0] == "pinned order:ord_1"

    table_with(page, "Subs").click("pinned order:ord_1", "")

    assert "pin" not in url(page)


def test_the_monitor_is_hidden_until_it_is_asked_for(open_explorer):
    page = open_explorer()
    assert "kind monitor:" not in table_with(page, "Subs").ids
    assert "hidden, 0.0/s" in texts(page)

    page.toggle(key="explorer-monitor").set_value(True).run()

    assert "kind monitor:" in table_with(page, "Subs").ids
    assert url(page)["monitor"] == "on"


def test_the_download_menu_says_how_many_messages_it_writes(open_explorer):
    assert "Writes 5 messages" in texts(open_explorer())
    assert "Writes 1 message," in texts(open_explorer(type="order_update"))


def test_a_message_says_who_published_it(open_explorer):
    assert "Orders, a service of the shop" in texts(open_explorer(message="3"))
