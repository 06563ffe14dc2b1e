"""The shared feed."""

from client.sans_io.connection_state import ConnectionState
from dashboard.sockets.socket_status import SocketPhase
from dashboard.ui import connection_badge
from protocol.event_payloads import OrderStatus


def test_hears_the_tenant_the_announcements_and_the_monitor(feed, socket):
    feed.open()

    assert socket.connected
    assert socket.heard == ["tenant:shop", "public:announcements", "monitor:shop"]
    assert socket.recovered == ["tenant:shop", "public:announcements"]


def test_folds_what_the_socket_says(busy_feed):
    now = busy_feed.snapshot()

    assert now.log.seq == 5
    assert [order.status for order in now.orders] == [OrderStatus.PAID]
    assert [alert.product for alert in now.alerts] == ["Кобзар"]
    assert now.types == (
        "cart_update", "inventory_alert", "new_order", "order_update",
    )  # fmt: skip


def test_keeps_a_sampled_message_as_the_server_wrote_it(feed, socket, shop):
    written = (
        b'{"type":"cart_update","payload":{"total":1500.00},"timestamp":"2026-01-01T00:00:00Z"}'
    )
    socket.say("traffic", shop.traffic(shop.sample("user:user_1", written)))

    (message,) = feed.snapshot().log.newest_first()

    assert message.text == written


def test_passes_over_a_message_that_it_does_not_understand(feed, socket, shop, caplog):
    socket.say("new_order", {"order": {"id": "ord_1"}})
    socket.say("traffic", {"seconds": "soon"})
    socket.say("new_order", shop.placed())

    assert feed.snapshot().order_count == 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_tells_which_customers_are_about(feed, socket, shop):
    socket.say(
        "customer_activity",
        {
            "customer": {"id": "user_1", "name": "Олена"},
            "action": "arrived",
            "created_at": "2026-01-01T00:00:00Z",
        },
    )

    assert [who.name for who in feed.snapshot().customers] == ["Олена"]


def test_is_live_once_it_is_signed_in(feed, socket):
    assert feed.status().phase is SocketPhase.CONNECTING

    socket.live()

    assert feed.status().phase is SocketPhase.LIVE


def test_remembers_that_it_was_live(feed, socket, shop):
    socket.live()
    socket.be(ConnectionState.BACKOFF, retry_at=shop.noon + 3)

    lost = feed.status()

    assert (lost.phase, lost.has_been_live) == (SocketPhase.DISCONNECTED, True)
    assert connection_badge.detail(lost, shop.noon) == "next attempt in 3 s"


def test_says_what_the_server_refused_until_it_is_signed_in_again(feed, socket):
    socket.be(ConnectionState.OPEN)
    socket.say("auth_error", {"error": "Invalid or expired token"})
    assert feed.status().reason == "Invalid or expired token"

    socket.live()

    assert feed.status().phase is SocketPhase.LIVE


def test_says_that_the_monitor_is_not_for_it(feed, socket):
    socket.live()
    socket.say("error", {"code": "forbidden", "message": "Cannot access this channel"})

    assert feed.status().phase is SocketPhase.REFUSED


def test_notes_for_all_tabs_that_an_alert_was_seen(busy_feed):
    busy_feed.acknowledge_alert(1)

    assert busy_feed.snapshot().acknowledged == {1}


def test_keeps_the_stock_that_the_simulator_told(busy_feed):
    busy_feed.on_shop_error("cannot connect")

    stock = busy_feed.snapshot().stock
    assert (stock.products[0].quantities, stock.error) == ((9, 9), "cannot connect")


def test_hangs_up_when_it_is_closed(feed, socket):
    feed.open()
    feed.close()

    assert socket.disconnected
