"""The shared feed."""

import threading
import time
import urllib.request

import pytest

from client.http_client import ApiClient
from client.sans_io.connection_events import Direction
from client.sans_io.connection_state import ConnectionState
from client.sync.client import ShopWebSocket
from dashboard.settings import Settings
from dashboard.sockets.socket_status import SocketPhase
from dashboard.sources.feed import Feed, open_feed
from dashboard.state.live_state import ORDERS
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


def test_a_sample_that_it_cannot_read_hides_no_other(feed, socket, shop):
    unknown = shop.message("order_update", order_id="ord_1", status="lost_by_the_courier")
    samples = [shop.sample("order:ord_1", text) for text in (unknown, b'{"type":7}')]
    socket.receive("traffic", shop.traffic(*samples, shop.sample("user:user_1")))

    now = feed.snapshot()

    assert [message.channel for message in now.log.newest_first()] == ["user:user_1", "order:ord_1"]
    assert now.not_sampled == 1


def test_gives_a_recovered_order_its_own_time(feed, socket, shop, clock):
    clock.now += 60
    socket.receive("new_order", shop.placed(), at=shop.noon + 5)
    socket.receive("inventory_alert", shop.alert(), at=shop.noon + 6)

    now = feed.snapshot()

    assert [order.placed_at - shop.noon for order in now.orders] == [5]
    assert [alert.at - shop.noon for alert in now.alerts] == [6]
    assert now.series.rows[int(shop.noon) + 5][ORDERS] == 1


def test_keeps_announcements_for_ten_minutes(feed, socket, shop, clock):
    for n in (1, 2):
        notice = {"id": f"n_{n}", "title": "Увага", "body": "Зачиняємося"}
        socket.receive("notification", notice, at=shop.noon)
        clock.now += 1

    ids = [message["payload"]["id"] for message in feed.snapshot().announcements]
    assert ids == ["n_2", "n_1"]
    clock.now += 600
    assert feed.snapshot().announcements == ()


def test_an_announcement_is_a_notification_to_everyone_not_one_to_the_staff(feed, socket, shop):
    channels = {
        "everyone": None,
        "public": "public:announcements",
        "staff": "tenant:shop",
        "workbench": "user:workbench",
    }
    for id, channel in channels.items():
        notice = {"id": id, "title": "Увага", "body": "Зачиняємося"}
        socket.receive("notification", notice, at=shop.noon, channel=channel)

    ids = {message["payload"]["id"] for message in feed.snapshot().announcements}

    assert ids == {"everyone", "public"}


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


@pytest.mark.parametrize("code", ["internal", "rate_limited"])
def test_a_subscription_that_is_requested_again_does_not_count_as_a_refusal(feed, socket, code):
    socket.live()
    socket.receive("error", {"code": code, "message": "Try again later"})

    assert feed.status().phase is SocketPhase.LIVE


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


TIMEOUT_S = 60.0
UNUSED_URL = "http://127.0.0.1:9"  # the port of `discard`: nothing listens there


def wait_until(ask):
    """Wait until a value is true; returns it."""
    deadline = time.monotonic() + TIMEOUT_S
    while not (answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


def test_takes_no_notification_to_its_own_user_for_an_announcement(launch_server, secret, token):
    server = launch_server()
    url = f"http://127.0.0.1:{server.port}"
    feed = open_feed(Settings(jwt_secret=secret, server_url=url, simulator_url=UNUSED_URL))
    try:
        wait_until(lambda: feed.status().is_live)
        publisher = ApiClient(url, lambda: token("svc", "service", tenants="*"))
        for id, address in (("own", {"user": "workbench"}), ("all", {"everyone": True})):
            notice = {"id": id, "title": "Увага", "body": "Зачиняємося"}
            publisher.post("/api/publish", {"type": "notification", "payload": notice} | address)

        announcements = wait_until(lambda: feed.snapshot().announcements)

        assert [message["payload"]["id"] for message in announcements] == ["all"]
    finally:
        feed.close()


ODD_PAYLOAD = (
    b'{ "id" :"n_1",\t"title": "\\u0416\\u0443\\u043a",\r\n "body":"a\\/b" ,'
    b' "n": 1e5, "n":1.50E+0 , "list":[ 1 ,2 ] }'
)


@pytest.fixture(params=["one node", "two nodes"])
def nodes(request, launch):
    """Start the server to publish to and the server to watch, which are one without a cluster."""
    if request.param == "one node":
        server = launch.server()
        return server, server
    redis = request.getfixturevalue("redis_server")
    settings = {
        "WORKBENCH_REDIS_URL": redis.url,
        "WORKBENCH_REDIS_PREFIX": request.getfixturevalue("redis_prefix"),
    }
    return launch.server(**settings), launch.server(**settings)


def test_keeps_a_published_message_byte_for_byte_as_its_subscribers_receive_it(nodes, token):
    publishing_node, watched_node = nodes
    received, changed = [], threading.Condition()

    def record(direction, data):
        if direction is Direction.RECEIVED:
            with changed:
                received.append(data)
                changed.notify_all()

    def publish():
        body = b'{"type":"notification","channel":"public:news", "payload" : %b }' % ODD_PAYLOAD
        url = f"http://127.0.0.1:{publishing_node.port}/api/publish"
        headers = {"Authorization": f"Bearer {token('svc', 'service', tenants='*')}"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
            assert response.status == 200

    def logged():
        return [m.text for m in feed.snapshot().log.newest_first() if m.type == "notification"]

    socket = ShopWebSocket(
        f"ws://127.0.0.1:{watched_node.port}/ws", lambda: token("boss", "admin"), on_frame=record
    )
    feed = Feed(socket, "shop", "server")
    feed.open()
    try:
        socket.connect(timeout=TIMEOUT_S)
        socket.request("subscribe", {"channel": "public:news"}, timeout=TIMEOUT_S)
        while not logged():  # the first may be published before the cluster knows of the feed
            seen = len(received)
            publish()
            with changed:
                assert changed.wait_for(
                    lambda seen=seen: any(b'"traffic"' in data for data in received[seen:]),
                    TIMEOUT_S,
                )
        text = logged()[0]
        with changed:
            assert changed.wait_for(lambda: text in received, TIMEOUT_S)
        assert ODD_PAYLOAD in text
    finally:
        feed.close()
