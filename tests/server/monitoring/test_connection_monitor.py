"""What the monitor reports about connections: lows and highs, and who came and went, and how."""

import json

import pytest

from protocol.channels import MAX_NAME_LENGTH
from protocol.close_codes import CloseCode
from protocol.monitoring import RefusedRequest
from server.auth.identity import Identity, Role
from server.monitoring.connection_log import ConnectionLog
from server.monitoring.connection_monitor import ConnectionMonitor
from server.monitoring.counters import Counters


def identity(user_id="olena", tenant_id="shop"):
    return Identity(
        user_id=user_id,
        tenant_id=tenant_id,
        role=Role.CUSTOMER,
        name=user_id,
        issued_at=0.0,
        expires_at=1.0,
    )


@pytest.fixture
def log():
    log = ConnectionLog()
    log.keep_unsent()
    return log


@pytest.fixture
def counters():
    return Counters()


@pytest.fixture
def monitor(log, counters):
    return ConnectionMonitor("node-1", log, counters, lambda: 5.0)


def logged(log):
    return [(each.event, each.code) for each in log.take_report("shop", is_full_log=False).events]


def test_a_connection_and_its_end_are_counted_for_its_tenant(monitor, counters):
    theirs = identity("ivan", "books")
    monitor.on_signed_in("c_1", identity())
    monitor.on_signed_in("c_2", theirs)
    monitor.on_closed("c_2", theirs, CloseCode.SLOW_CONSUMER, 100)
    monitor.on_closed("c_3", theirs, CloseCode.TOO_MANY_CONNECTIONS, 0)  # not signed in

    shop, books = counters.of_tenant("shop"), counters.of_tenant("books")
    assert (shop.connected, shop.left, shop.closes) == (1, 0, {})
    assert (books.connected, books.left, books.evictions) == (2, 2, 1)
    assert books.closes == {"4100": 1, "4102": 1}


def test_an_event_keeps_the_name_of_its_user(monitor, log):
    monitor.on_closed("c_1", identity("ivan"), CloseCode.SLOW_CONSUMER, 100)

    (event,) = log.take_report("shop", is_full_log=False).events
    assert event.name == "ivan"


def test_a_dip_between_two_reports_is_seen(monitor):
    for _ in range(3):
        monitor.on_opened()
    monitor.start_interval()
    for _ in range(3):
        monitor.on_lost("c_1", None, 0, is_unresponsive=False)
    for _ in range(4):
        monitor.on_opened()

    monitor.start_interval()
    assert monitor.low_and_high == (0, 4)

    monitor.start_interval()
    assert monitor.low_and_high == (4, 4)
    assert (monitor.connected, monitor.left) == (7, 3)


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (CloseCode.NORMAL, "closed"),
        (CloseCode.SLOW_CONSUMER, "evicted"),
        (CloseCode.TOO_MANY_CONNECTIONS, "refused"),
        (CloseCode.DISCONNECTED, "disconnected"),
        (CloseCode.TOKEN_EXPIRED, "disconnected"),
        (CloseCode.NOT_SIGNED_IN, "disconnected"),  # it has signed in as another user
    ],
)
def test_the_close_code_decides_what_an_end_is_called(monitor, log, code, event):
    monitor.on_closed("c_1", identity(), code, 12)

    assert logged(log) == [(event, code)]


@pytest.mark.parametrize(("is_unresponsive", "event"), [(False, "closed"), (True, "disconnected")])
def test_an_end_without_a_close_frame_has_the_code_of_browsers(
    monitor, log, is_unresponsive, event
):
    monitor.on_lost("c_1", identity(), 0, is_unresponsive=is_unresponsive)

    assert logged(log) == [(event, 1006)]


def test_anonymous_connections_are_counted_and_not_listed(monitor, log):
    monitor.on_closed("c_1", None, CloseCode.NOT_SIGNED_IN, 0)
    monitor.on_closed("c_2", None, CloseCode.NORMAL, 0)
    monitor.on_handshake_refused()
    monitor.on_signed_in("c_3", identity(tenant_id=""))

    assert monitor.anonymous == {"refused": 2, "closed": 1}
    assert log.take_unsent() == {}


async def test_an_admin_learns_who_came_and_went_and_why(serve, token):
    server = await serve(connections_per_user=1)
    foreign = await server.sign_in("ivan", "admin", tenant_id="books")
    olena = await server.sign_in("olena")
    await olena.socket.close()
    boss = await server.sign_in("boss", "admin")

    await boss.subscribe("monitor:shop")
    log = []
    while not log:
        stats = (await boss.next_event("stats"))["payload"]
        log = stats.get("events", [])

    assert stats["is_full_log"]
    assert [(each["event"], each["user_id"]) for each in log] == [
        ("connected", "olena"),
        ("closed", "olena"),
        ("connected", "boss"),
    ]
    assert log[1]["connection_id"] == log[0]["connection_id"]
    node = stats["nodes"][0]
    assert (node["connected"], node["left"]) == (2, 1)

    await (await server.connect(token("boss", "admin"))).close_code()
    taras = await server.sign_in("taras")
    await server.request("POST", "/api/users/taras/disconnect", token("boss", "admin"))
    assert await taras.close_code() == 4003
    news = []
    while not news or news[-1]["event"] != "disconnected":
        stats = (await boss.next_event("stats"))["payload"]
        news += stats.get("events", [])
        assert "is_full_log" not in stats
    assert [(each["event"], each["user_id"], each.get("code")) for each in news] == [
        ("refused", "boss", 4102),
        ("connected", "taras", None),
        ("disconnected", "taras", 4003),
    ]

    await foreign.subscribe("monitor:books")
    events = (await foreign.next_event("stats"))["payload"]["events"]
    assert [each["user_id"] for each in events] == ["ivan"]


def test_a_refused_request_is_logged_for_its_users_tenant_only(monitor, log):
    monitor.on_refused(identity(), "forbidden", "order:ord_1")
    monitor.on_refused(None, "not_signed_in", "order:ord_2")
    monitor.on_refused(identity(tenant_id=""), "forbidden", "order:ord_3")

    refused = log.take_report("shop", is_full_log=False).refused
    assert refused == (RefusedRequest(5.0, "olena", "forbidden", "order:ord_1"),)
    assert log.take_unsent().keys() == {"shop"}


def test_a_requested_channel_is_logged_only_as_far_as_a_name_can_be_long(monitor, log):
    monitor.on_refused(identity(), "forbidden", "x" * 60_000)

    assert len(log.take_report("shop", is_full_log=False).refused[0].channel) == MAX_NAME_LENGTH


async def test_an_admin_learns_what_was_refused_to_the_tenants_users_and_to_nobody_else(serve):
    server = await serve()
    boss = await server.sign_in("boss", "admin")
    await boss.subscribe("monitor:shop")
    anonymous = await server.connect()
    await anonymous.subscribe("order:asked_by_anonymous")
    foreign = await server.sign_in("ivan", tenant_id="books")
    await foreign.subscribe("order:asked_by_another_tenant")
    olena = await server.sign_in("olena")
    await olena.subscribe("tenant:shop")

    refused = []
    while not refused:
        report = await boss.next_event("stats")
        refused = report["payload"].get("refused", [])
        assert "asked_by" not in json.dumps(report)

    assert [(each["user_id"], each["code"], each["channel"]) for each in refused] == [
        ("olena", "forbidden", "tenant:shop")
    ]
