"""The Connections page, drawn without a server."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboard
from client.http_client import ApiRequestError
from dashboard import tab_session
from dashboard.dependencies import Dependencies, install
from dashboard.sources.connections_client import PollResult
from dashboard.state.message_log import LoggedMessage
from protocol.admin_api import ChannelAccess, ConnectionInfo, ConnectionList
from tests.dashboard.drawn_tables import table_with

APP = Path(dashboard.__file__).with_name("app.py")
NOON = datetime.fromtimestamp(1_700_000_000.0, UTC)


def connection(number, name="Олена", user=None, **more):
    user = user or f"user_{number}"
    fields = {"role": "customer", "node": "node-1", "messages_in": 3, "waiting_bytes": 2048}
    fields |= {"connected_at": NOON, "last_heard_at": NOON, "channels": (f"user:{user}",)} | more
    return ConnectionInfo(id=f"c_{number}", user_id=user, name=name, **fields)


class FakeConnectionsClient:
    """A ConnectionsClient with the connections that a test gives it."""

    def __init__(self, *connections, total=None, trouble="", at=1_700_000_000.0):
        client = ConnectionList(connections, total or len(connections))
        self.result = PollResult(client, at, trouble)
        self.ended = []
        self.gone = self.silent = False

    def latest(self):
        return self.result

    def check_access(self, connection_id, channel):
        if self.gone:
            raise ApiRequestError("HTTP 404 Not Found", 404)
        if self.silent:
            raise ApiRequestError("cannot connect")
        return ChannelAccess(channel, False, False, "not_staff", "")

    def disconnect(self, connection_id):
        if self.silent:
            raise ApiRequestError("cannot connect")
        self.ended.append(connection_id)
        return 1

    def disconnect_user(self, user_id, revoke):
        self.ended.append((user_id, revoke))
        return 2


def node(name="node-1"):
    stats = dict.fromkeys(
        ("connections", "signed_in", "subscriptions", "channels", "messages_in", "messages_out"), 1
    )
    stats |= {"publications": 0, "deliveries": 0, "evictions": 0, "refusals": {}, "closes": {}}
    return stats | {"node": name, "uptime_s": 9.0, "loop_lag_ms": 0.1, "latency": None}


@pytest.fixture
def draw(feed, socket):
    """Draw the page with a client's connections and a number of nodes."""

    def go(connections_client, nodes=1, disconnecting=None, events=(), selected=None, **query):
        st.cache_resource.clear()
        installed.enter_context(
            install(Dependencies(feed=feed, connections_client=connections_client))
        )
        socket.live()
        stats = {"nodes": [node(f"node-{n + 1}") for n in range(nodes)], "events": events}
        socket.receive("stats", stats)
        page = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        state = page.session_state[tab_session.KEY]
        state.connections.disconnect_target = disconnecting
        state.explorer.messages.selected = selected
        page.switch_page("views/connections/page.py").run()
        assert not page.exception
        return page

    with ExitStack() as installed:
        yield go
    st.cache_resource.clear()


def words(page):
    """All text on a page."""
    parts, found = [*page.main], []
    while parts:
        part = parts.pop(0)
        parts = [*getattr(part, "children", {}).values(), *parts]
        proto = getattr(part, "proto", None)
        found += [str(getattr(proto, name, "")) for name in ("body", "label", "placeholder")]
    return " ".join(found)


def listed(page):
    """The table of connections."""
    return table_with(page, "Person")


def test_lists_the_oldest_connection_first(draw):
    late = connection(1, connected_at=NOON.replace(minute=59))
    page = draw(FakeConnectionsClient(late, connection(2, "Борис")))

    assert listed(page)["Person"] == ["Борис", "Олена"]
    assert listed(page)["Queued of 1 MiB"] == ["2 KiB", "2 KiB"]
    assert "2 connections · 4 KiB queued" in words(page)


def test_searches_and_sorts_by_the_url(draw):
    client = [connection(n, f"Особа {n}", waiting_bytes=n) for n in range(1, 30)]

    page = draw(FakeConnectionsClient(*client), who="user_2", sort="waiting")

    assert listed(page)["User"][:2] == ["user_29", "user_28"]


def test_the_url_can_sort_by_the_messages_from_a_client(draw):
    clients = [connection(n, messages_in=n) for n in (1, 3, 2)]

    page = draw(FakeConnectionsClient(*clients), sort="messages")

    assert listed(page)["From client"] == ["3", "2", "1"]


def test_keeps_another_sort_than_the_explorer(draw):
    page = draw(FakeConnectionsClient(connection(1)), sort="waiting")

    page.switch_page("views/explorer/page.py").run()
    page.selectbox(key="explorer-sort-en").set_value("latest").run()
    page.switch_page("views/connections/page.py").run()

    assert page.query_params["sort"] == "waiting"
    page.switch_page("views/explorer/page.py").run()
    assert page.query_params["sort"] == "latest"


def test_reports_that_no_connection_matches(draw):
    assert "No matching connections" in words(
        draw(FakeConnectionsClient(connection(1)), who="нема")
    )


def test_a_search_for_a_client_that_has_left_says_when(draw):
    came, left = event(2, "connected"), event(2, "closed", 5.0)

    shown = words(draw(FakeConnectionsClient(connection(1)), events=[came, left], who="user_2"))

    assert "is not connected; left at" in shown


def test_a_search_for_an_unknown_client_says_that_nobody_by_that_name_is_connected(draw):
    shown = words(draw(FakeConnectionsClient(connection(1)), who="user_9"))

    assert "nobody by that name or id is connected" in shown


def test_reports_how_many_connections_are_not_listed(draw):
    page = draw(FakeConnectionsClient(connection(1), total=1_234))

    assert "the newest 500 of 1234" in words(page)
    assert "1,234 connections" in words(page)


def test_lists_the_nodes_if_there_are_several(draw):
    client = FakeConnectionsClient(connection(1))

    assert "Node" not in listed(draw(client)).columns
    page = draw(client, nodes=2)

    assert listed(page)["Node"] == ["node-1"]
    nodes = table_with(page, "Loop lag, ms")
    assert nodes["Node"] == ["node-1", "node-2"]


def test_keeps_the_last_list_and_shows_when_it_was_received(draw):
    page = draw(FakeConnectionsClient(connection(1), trouble="cannot connect"))

    assert "as of 22:13:20: cannot connect" in words(page)
    assert len(listed(page)) == 1


def test_shows_when_a_list_was_received_that_leaves_connections_out(draw):
    client = FakeConnectionsClient(connection(1), total=600, trouble="cannot connect")

    shown = words(draw(client))

    assert "the newest 500 of 600" in shown
    assert "as of 22:13:20: cannot connect" in shown


@pytest.mark.parametrize(
    ("connections_client", "text"),
    [
        (FakeConnectionsClient(at=None), "Loading connections…"),
        (
            FakeConnectionsClient(at=None, trouble="cannot connect"),
            "Could not list connections: cannot connect.",
        ),
        (FakeConnectionsClient(), "No connections"),
    ],
)
def test_an_empty_list_says_why(draw, connections_client, text):
    assert text in words(draw(connections_client))


@pytest.mark.parametrize(
    "client",
    [
        FakeConnectionsClient(connection(1), trouble="cannot connect"),
        FakeConnectionsClient(at=None, trouble="cannot connect"),
    ],
)
def test_why_there_is_no_newer_list_is_in_the_language_of_the_page(draw, client):
    shown = words(draw(client, language="uk"))

    assert "не вдалося під’єднатися" in shown
    assert "cannot connect" not in shown


def test_why_a_request_failed_is_in_the_language_of_the_page(draw):
    client = FakeConnectionsClient(connection(1))
    client.silent = True

    page = draw(
        client, disconnecting=connection(1), connection="c_1", ask="tenant:shop", language="uk"
    )
    page.button(key="disconnect-confirm").click().run()

    assert "Недоступно: не вдалося під’єднатися." in words(page)
    assert "не вдалося під’єднатися" in page.error[0].value


def test_explains_why_a_client_does_not_receive_a_channel(draw):
    page = draw(FakeConnectionsClient(connection(1)), connection="c_1", ask="tenant:shop")

    assert "user:user_1" in words(page)
    assert "Not allowed on this channel" in words(page)
    assert "this user is not staff" in words(page)


def test_reports_that_a_client_has_disconnected(draw):
    client = FakeConnectionsClient(connection(1))
    client.gone = True

    page = draw(client, connection="c_1", ask="tenant:shop")

    assert "No longer connected." in words(page)


def event(number, kind, after=0.0, **more):
    """An event of the connection with this number, at noon."""
    fields = {"connection_id": f"c_{number}", "user_id": f"user_{number}", "node": "node-1"}
    return fields | {"at": NOON.timestamp() + after, "event": kind} | more


def test_lists_what_happened_to_connections_the_newest_first(draw):
    evicted = event(2, "evicted", 2.0, code=4100, bytes=1_300_000)

    page = draw(FakeConnectionsClient(), events=[event(2, "connected"), evicted])

    log = table_with(page, "Event")
    assert log["User"] == ["Сергій Яворський"] * 2  # of the persona: no connection has the name
    assert log["Event"] == ["evicted", "connected"]
    assert log["Details"] == ["4100 · 1.2 MiB queued · user_2", "user_2"]
    assert table_with(draw(FakeConnectionsClient(), event="connected"), "Event")["Details"] == [
        "user_2"
    ]


def test_says_that_many_clients_left_at_once_and_came_back(draw):
    storm = [event(n, "closed", 0.01 * n, code=1006) for n in range(25)]
    storm += [event(n, "connected", 1 + 0.01 * n) for n in range(25)]

    shown = words(draw(FakeConnectionsClient(), events=storm))

    assert "25 left, 25 back in 1.2 s" in shown


def test_a_selected_connection_that_is_gone_says_why(draw):
    evicted = event(2, "evicted", code=4100, bytes=1_300_000)
    again = connection(3, user="user_2")

    page = draw(FakeConnectionsClient(again), events=[evicted], connection="c_2")

    assert "evicted at 22:13:20 · 4100 · 1.2 MiB queued" in words(page)
    page.button(key="show-current").click().run()
    assert page.query_params["connection"] == "c_3"
    assert "user:user_2" in words(page)


def test_the_selected_connection_is_in_the_url_and_kept_when_others_come(draw):
    page = draw(FakeConnectionsClient(connection(1), connection(2, "Борис")))

    listed(page).select("c_2")

    assert page.query_params["connection"] == "c_2"
    assert listed(page).data["selected"] == "c_2"
    assert "2 KiB queued, 0 % of the limit of 1 MiB" in words(page)


def test_lists_the_subscribers_of_a_channel_and_how_many_they_are(draw):
    agent = connection(2, "Марія", channels=("tenant:shop",))

    page = draw(FakeConnectionsClient(connection(1), agent), channel="tenant:shop")

    assert listed(page)["Person"] == ["Марія"]
    assert "1 of 2 clients is subscribed to tenant:shop" in words(page)


def test_a_queue_near_its_limit_is_red(draw):
    slow = connection(2, waiting_bytes=900_000)

    page = draw(FakeConnectionsClient(connection(1), slow), sort="waiting")

    column = 1 + listed(page).columns.index("Queued of 1 MiB")
    assert [row[column][:2] for row in listed(page).data["rows"]] == [["bad", 86], ["ok", 0]]


def test_explains_access_to_an_order_by_its_number(draw, socket, shop):
    socket.receive("new_order", shop.placed("ord_7"))

    page = draw(FakeConnectionsClient(connection(1)), connection="c_1", ask="ORD-7")

    assert "order:ord_7" in words(page)
    unknown = draw(FakeConnectionsClient(connection(1)), connection="c_1", ask="ORD-9")
    assert "does not know order ORD" in words(unknown)
    old = words(draw(FakeConnectionsClient(connection(1)), connection="c_1", ask="ORD-ZQ0KB-099"))
    assert "Its id is ord\\_zq0kb\\_99" in old
    assert "order:ord_zq0kb_99" in old


def test_asks_about_the_channel_that_is_selected_in_the_explorer(draw):
    page = draw(FakeConnectionsClient(connection(1)), connection="c_1", ask="tenant:shop")
    message = LoggedMessage(1, 0.0, "public:news", "notification", 1, b"{}")
    page.session_state[tab_session.KEY].explorer.messages.selected = message
    page.run()

    page.button(key="ask-picked").click().run()

    assert page.query_params["ask"] == "public:news"
    assert not page.warning
    assert "ask-picked" not in [button.key for button in page.button]


def test_says_how_many_of_the_active_customers_are_connected(draw, socket, shop):
    for user in ("user_1", "user_9"):
        who = {"customer": {"id": user, "name": user}, "action": "arrived"}
        socket.receive("customer_activity", who | {"created_at": "2023-11-14T22:13:20Z"})

    page = draw(FakeConnectionsClient(connection(1)))

    assert "2 customers shopping now, 1 of them connected" in words(page)


def test_asks_before_it_disconnects_a_client(draw):
    client = FakeConnectionsClient(connection(1))

    page = draw(client, disconnecting=connection(1))

    assert "disconnect-confirm" in [button.key for button in page.button]
    assert client.ended == []


def test_marks_the_staff_whose_connections_are_the_workbenchs(draw):
    own = connection(9, "Ірина", "admin_1", role="admin")

    page = draw(FakeConnectionsClient(own, connection(1)))

    assert "Ірина · workbench" in table_with(page, "Person")["Person"]


def test_does_not_disconnect_the_workbench_itself(draw):
    own = connection(9, "workbench", "workbench", role="admin")

    page = draw(FakeConnectionsClient(own), disconnecting=own)

    assert "all pages depend on it" in page.info[0].value
    assert "disconnect-confirm" not in [button.key for button in page.button]


def test_selects_the_only_connection_of_the_user_of_a_link(draw):
    client = FakeConnectionsClient(connection(1), connection(2))

    page = draw(client, who="user_2")

    assert page.query_params["connection"] == "c_2"
    page.button(key="hide-detail").click().run()
    assert "connection" not in page.query_params


def test_a_link_waits_for_a_newer_list_than_that_of_an_earlier_visit(draw):
    client = FakeConnectionsClient(connection(2), at=NOON.timestamp() - 10)

    page = draw(client, who="user_2")

    assert "connection" not in page.query_params
    client.result = PollResult(ConnectionList((connection(3, user="user_2"),), 1), NOON.timestamp())
    page.run()
    assert page.query_params["connection"] == "c_3"


def test_a_link_that_asks_about_a_channel_ignores_what_was_selected_in_the_explorer(draw):
    message = LoggedMessage(1, 0.0, "public:news", "notification", 1, b"{}")
    client = FakeConnectionsClient(connection(1))

    page = draw(client, selected=message, who="user_1", ask="tenant:shop")

    assert page.query_params["connection"] == "c_1"
    assert "ask-picked" not in [button.key for button in page.button]
