"""The Connections page, drawn from a feed and a roll call that no server ever answered."""

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
from dashboard.views.connections.detail import CHANNEL_QUERY
from dashboard.views.connections.listing import ChannelAccess, ConnectionInfo, ConnectionList

APP = Path(dashboard.__file__).with_name("app.py")
NOON = datetime.fromtimestamp(1_700_000_000.0, UTC)


def connection(number, name="Олена", user=None, **more):
    user = user or f"user_{number}"
    fields = {"role": "customer", "node": "node-1", "messages_in": 3, "waiting_bytes": 2048}
    fields |= {"connected_at": NOON, "last_heard_at": NOON, "channels": (f"user:{user}",)} | more
    return ConnectionInfo(id=f"c_{number}", user_id=user, name=name, **fields)


class FakeRollCall:
    """Stands where a RollCall would; a test says who is there."""

    def __init__(self, *connections, total=None, trouble="", at=1_700_000_000.0):
        people = ConnectionList(connections, total or len(connections))
        self._called = PollResult(people, at, trouble)
        self.ended = []
        self.gone = False

    def latest(self):
        return self._called

    def check_access(self, connection_id, channel):
        if self.gone:
            raise ApiRequestError("HTTP 404 Not Found", 404)
        return ChannelAccess(channel, False, False, "not_staff", "")

    def disconnect(self, connection_id):
        self.ended.append(connection_id)
        return 1

    def disconnect_user(self, user_id, revoke):
        self.ended.append((user_id, revoke))
        return 2


def node(name="node-1"):
    told = dict.fromkeys(
        ("connections", "signed_in", "subscriptions", "channels", "messages_in", "messages_out"), 1
    )
    told |= {"publications": 0, "deliveries": 0, "evictions": 0, "refusals": {}, "closes": {}}
    return told | {"node": name, "uptime_s": 9.0, "loop_lag_ms": 0.1, "latency": None}


@pytest.fixture
def draw(feed, socket):
    """Draw the page of a roll call, with so many nodes."""

    def go(roll_call, nodes=1, selected="", asked="", ending=None, **query):
        st.cache_resource.clear()
        installed.enter_context(install(Dependencies(feed=feed, connections_client=roll_call)))
        socket.live()
        socket.say("stats", {"nodes": [node(f"node-{n + 1}") for n in range(nodes)]})
        page = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        state = page.session_state[tab_session.KEY].connections
        state.selected_id, state.disconnect_target = selected, ending
        page.session_state[CHANNEL_QUERY] = asked
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
    """The table of who is connected."""
    return next(frame.value for frame in page.dataframe if "Person" in frame.value)


def test_lists_who_is_connected_the_longest_first(draw):
    late = connection(1, connected_at=NOON.replace(minute=59))
    page = draw(FakeRollCall(late, connection(2, "Борис")))

    assert listed(page)["Person"].tolist() == ["Борис", "Олена"]
    assert listed(page)["Queued, KiB"].tolist() == [2.0, 2.0]
    assert "2 connections · 2 users · 4 KiB queued" in words(page)


def test_is_searched_and_sorted_by_its_address(draw):
    people = [connection(n, f"Особа {n}", waiting_bytes=n) for n in range(1, 30)]

    page = draw(FakeRollCall(*people), who="user_2", sort="waiting")

    assert listed(page)["User"].tolist()[:2] == ["user_29", "user_28"]


def test_keeps_another_sort_than_the_explorer(draw):
    page = draw(FakeRollCall(connection(1)), sort="waiting")

    page.switch_page("views/explorer/page.py").run()
    page.selectbox(key="explorer-sort-en").set_value("latest").run()
    page.switch_page("views/connections/page.py").run()

    assert page.query_params["sort"] == "waiting"
    page.switch_page("views/explorer/page.py").run()
    assert page.query_params["sort"] == "latest"


def test_says_that_nobody_is_like_that(draw):
    assert "No matching connections" in words(draw(FakeRollCall(connection(1)), who="нема"))


def test_says_that_there_are_more_than_are_listed(draw):
    page = draw(FakeRollCall(connection(1), total=1_234))

    assert "the newest 500 of 1234" in words(page)
    assert "1,234 connections" in words(page)


def test_shows_the_nodes_where_there_are_several(draw):
    people = FakeRollCall(connection(1))

    assert "Node" not in listed(draw(people))
    page = draw(people, nodes=2)

    assert listed(page)["Node"].tolist() == ["node-1"]
    nodes = next(frame.value for frame in page.dataframe if "Loop lag, ms" in frame.value)
    assert nodes["Node"].tolist() == ["node-1", "node-2"]


def test_keeps_the_last_answer_and_says_since_when_the_server_is_silent(draw):
    page = draw(FakeRollCall(connection(1), trouble="cannot connect"))

    assert "as of 22:13:20: cannot connect" in words(page)
    assert len(listed(page)) == 1


@pytest.mark.parametrize(
    ("roll_call", "said"),
    [
        (FakeRollCall(at=None), "Loading connections…"),
        (
            FakeRollCall(at=None, trouble="cannot connect"),
            "Could not list connections: cannot connect.",
        ),
        (FakeRollCall(), "No connections"),
    ],
)
def test_no_empty_list_is_without_a_sentence(draw, roll_call, said):
    assert said in words(draw(roll_call))


def test_answers_why_a_client_does_not_hear_a_channel(draw):
    page = draw(FakeRollCall(connection(1)), selected="c_1", asked="tenant:shop")

    assert "user:user_1" in words(page)
    assert "Not allowed on this channel" in words(page)
    assert "this user is not staff" in words(page)


def test_says_that_a_client_has_gone_meanwhile(draw):
    people = FakeRollCall(connection(1))
    people.gone = True

    page = draw(people, selected="c_1", asked="tenant:shop")

    assert "No longer connected." in words(page)


def test_asks_before_it_ends_a_connection(draw):
    people = FakeRollCall(connection(1))

    page = draw(people, ending=connection(1))

    assert "disconnect-confirm" in [button.key for button in page.button]
    assert people.ended == []


def test_does_not_end_the_workbenchs_own_connection(draw):
    own = connection(9, "workbench", "workbench", role="admin")

    page = draw(FakeRollCall(own), ending=own)

    assert "all pages depend on it" in page.info[0].value
    assert "disconnect-confirm" not in [button.key for button in page.button]
