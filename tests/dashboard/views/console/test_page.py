"""The Console, drawn from a feed, with a server that refuses the page's own connection."""

from contextlib import ExitStack
from pathlib import Path

import pytest
import streamlit as st
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.dependencies import Dependencies, install
from dashboard.messages.message_ids import message_id
from dashboard.settings import Settings
from dashboard.sources.saved_messages import SavedMessages
from protocol.simulator_api import ShopLanguage
from tests.dashboard.drawn_tables import run_until_rows

APP = Path(dashboard.__file__).with_name("app.py")
CONSOLE = "views/console/page.py"


@pytest.fixture
def open_console(tmp_path, feed, socket, site):
    """Open the page in a new tab; keywords are its query."""

    def go(**query):
        page = AppTest.from_file(str(APP), default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        page.run()
        page.switch_page(CONSOLE).run()
        assert not page.exception
        return page

    socket.live()
    site.status = 503
    settings = Settings(jwt_secret="s" * 32, server_url=site.url.rstrip("/"))
    st.cache_resource.clear()
    with ExitStack() as installed:
        saved = SavedMessages(tmp_path)
        parts = Dependencies(feed=feed, settings=settings, saved_messages=saved)
        installed.enter_context(install(parts))
        yield go
    st.cache_resource.clear()


def editor(page):
    return page.text_area(key="draft").value


def html(page):
    return " ".join(each.proto.body for each in page.get("html"))


def test_a_link_can_open_the_conformance_tests(open_console):
    page = open_console(console="conformance")

    assert "run-all" in [button.key for button in page.button]


def test_templates_are_in_the_language_of_the_page_until_the_shop_reports_its_own(
    open_console, feed, shop
):
    page = open_console(template="chat_message", language="uk")
    assert "Добрий день!" in editor(page)

    feed.on_shop_state(replace(shop.stock(), language=ShopLanguage.ENGLISH))

    assert "Hello!" in editor(page.run())


def test_a_finished_order_is_replaced_until_somebody_has_typed(open_console, socket, shop):
    def deliver(id):
        update = shop.message("order_update", order_id=id, status="delivered")
        socket.receive("traffic", shop.traffic(shop.sample(f"order:{id}", update)))

    socket.receive("new_order", shop.placed("ord_1"))
    page = open_console()
    assert '"order:ord_1"' in editor(page)
    socket.receive("new_order", shop.placed("ord_2"))
    assert '"order:ord_1"' in editor(page.run())
    deliver("ord_1")
    assert '"order:ord_2"' in editor(page.run())

    page.text_area(key="draft").input(editor(page).replace("r1", "mine")).run()
    deliver("ord_2")

    assert '"order:ord_2"' in editor(page.run())
    assert "Order ORD-2 is finished (delivered)" in html(page)


def test_the_template_is_restored_after_edits(open_console):
    page = open_console(template="ping")
    page.text_area(key="draft").input('{"type": "ping", "id": "r7", "x": 1}').run()

    page.button(key="restore-template").click().run()

    assert editor(page) == '{\n  "type": "ping",\n  "id": "r7"\n}'


def test_a_message_from_the_explorer_is_restored_after_edits(open_console, busy_feed):
    update = [*busy_feed.snapshot().log.newest_first()][2]
    page = open_console(send=message_id(update))
    received = editor(page)
    assert '"status": "paid"' in received
    page.text_area(key="draft").input('{"type": "ping"}').run()

    restore = page.button(key="restore-template")
    assert restore.help == "Restore the message from the Explorer, as it was received"
    restore.click().run()

    assert editor(page) == received


def test_a_selected_template_is_restored_in_place_of_the_message_from_the_explorer(
    open_console, busy_feed
):
    update = [*busy_feed.snapshot().log.newest_first()][2]
    page = open_console(send=message_id(update))
    page.selectbox(key="console-template-1-en").select("ping").run()
    page.text_area(key="draft").input('{"type": "ping", "x": 1}').run()

    assert page.button(key="restore-template").help == "Restore the template"
    page.button(key="restore-template").click().run()

    assert '"x"' not in editor(page)
    assert '"ping"' in editor(page)


def test_without_a_position_the_template_for_recovery_says_why(open_console):
    page = open_console(template="subscribe-recover")

    assert '"since"' not in editor(page)
    assert "this connection was not subscribed to" in html(page)


def test_the_filter_in_the_address_leaves_the_frames_of_a_type(open_console):
    page = open_console(frames="connect")

    assert set(run_until_rows(page, "Round trip")["Type"]) == {"connect"}


def test_another_customers_order_is_named_as_such_before_it_is_sent(open_console, socket, shop):
    socket.receive("new_order", shop.placed("ord_1"))
    page = open_console(persona="visitor")

    page.text_area(key="draft").input(
        '{"type": "subscribe", "payload": {"channel": "order:ord_1"}}'
    ).run()

    assert "Order ORD-1 is another customer" in html(page)


def test_the_filter_is_cleared_for_another_persona(open_console):
    page = open_console(frames="connect", persona="customer")
    assert page.text_input(key="console-frames").value == "connect"

    page.selectbox(key="sidebar-persona-en").select("agent").run()

    assert page.text_input(key="console-frames").value == ""
