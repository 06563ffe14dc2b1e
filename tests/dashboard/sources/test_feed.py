"""The shared feed."""

from client.sans_io.connection_state import ConnectionState
from dashboard.sockets.socket_status import SocketPhase
from dashboard.ui import connection_badge
from protocol.event_payloads import OrderStatus


def test_subscribes_to_the_tenant_the_announcements_and_the_monitor(feed, socket):
    feed.open()

    assert socket.connected
    assert socket.subscribed == ["tenant:shop", "public:announcements", "monitor:shop"]
    assert socket.recovered == ["tenant:shop", "public:announcements"]


def test_folds_the_messages_of_the_socket(busy_feed):
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
    socket.receive("traffic", shop.traffic(shop.sample("user:user_1", written)))

    (message,) = feed.snapshot().log.newest_first()

    assert message.text == written


def test_skips_and_logs_a_message_that_it_cannot_decode(feed, socket, shop, caplog):
    socket.receive("new_order", {"order": {"id": "ord_1"}})
    socket.receive("traffic", {"seconds": "soon"})
    socket.receive("new_order", shop.placed())

    assert feed.snapshot().order_count == 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_lists_the_active_customers(feed, socket, shop):
    socket.receive(
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
    socket.set_status(ConnectionState.BACKOFF, retry_at=shop.noon + 3)

    lost = feed.status()

    assert (lost.phase, lost.has_been_live) == (SocketPhase.DISCONNECTED, True)
    assert connection_badge.detail(lost, shop.noon) == "next attempt in 3 s"


def test_reports_a_refusal_until_it_is_signed_in_again(feed, socket):
    socket.set_status(ConnectionState.OPEN)
    socket.receive("auth_error", {"error": "Invalid or expired token"})
    assert feed.status().reason == "Invalid or expired token"

    socket.live()

    assert feed.status().phase is SocketPhase.LIVE


def test_a_denied_subscription_counts_as_a_refusal(feed, socket):
    socket.live()
    socket.receive("error", {"code": "forbidden", "message": "Cannot access this channel"})

    assert feed.status().phase is SocketPhase.REFUSED


def test_acknowledges_an_alert_for_all_tabs(busy_feed):
    busy_feed.acknowledge_alert(1)

    assert busy_feed.snapshot().acknowledged == {1}


def test_keeps_the_last_stock_while_the_simulator_is_unavailable(busy_feed):
    busy_feed.on_shop_error("cannot connect")

    stock = busy_feed.snapshot().stock
    assert (stock.products[0].quantities, stock.error) == ((9, 9), "cannot connect")


def test_disconnects_when_it_is_closed(feed, socket):
    feed.open()
    feed.close()

    assert socket.disconnected
