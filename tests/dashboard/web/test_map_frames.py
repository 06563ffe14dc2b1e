"""What the map's socket sends: what is new, exactly counted, to each browser at its own pace."""

import json
from datetime import UTC, datetime

import pytest

from dashboard.state.live_state import LiveState
from dashboard.web.map_frames import MAX_CHANNELS, MAX_ROWS, MapFrames
from protocol.admin_api import ConnectionInfo
from protocol.monitoring import ConnectionEvent, RefusedRequest, StatsPayload
from tests.fixtures import NOON


def connection(id, user, *channels, role="customer", waiting=0, node="a"):
    at = datetime.fromtimestamp(NOON, UTC)
    return ConnectionInfo(id, user, user.title(), role, node, at, at, channels, 0, waiting)


OLENA = connection("c_1", "olena", "user:olena", "public:news")
TARAS = connection("c_2", "taras", "tenant:shop", role="agent")


class Viewer:
    """A browser with the map, of a workbench whose feed a test fills."""

    def __init__(self, shop):
        self.shop, self.state, self.now = shop, LiveState(NOON), NOON
        self.frames = MapFrames()
        self.connections = (OLENA, TARAS)

    def publish(self, *channels, **report):
        self.now += 0.25
        samples = [self.shop.sample(channel, report.pop("message", None)) for channel in channels]
        traffic = self.shop.traffic(*samples, seconds=0.25, **report)
        self.state.on_traffic(traffic, self.now)

    def report(self, *events, **more):
        self.now += 0.25
        self.state.on_stats(StatsPayload((), events, **more), self.now)

    def look(self, is_live=True):
        frame = self.frames.next_frame(
            self.state.snapshot(self.now), self.connections, is_live=is_live
        )
        return frame and json.loads(frame)


@pytest.fixture
def viewer(shop):
    return Viewer(shop)


def event(kind, id, user, code=0):
    return ConnectionEvent(NOON, kind, id, user, "a", code)


def test_the_first_frame_names_everybody_who_is_connected(viewer):
    viewer.publish("user:olena")

    first = viewer.look()

    assert first["names"] == {"1": "public:news", "2": "user:olena", "3": "tenant:shop"}
    assert first["people"] == [
        [1, "olena", "Olena", "customer", [1, 2]],
        [2, "taras", "Taras", "agent", [3]],
    ]
    assert "rows" not in first  # what was before is not played


def test_nothing_is_sent_when_nothing_is_new(viewer):
    viewer.look()

    assert viewer.look() is None


def test_a_message_is_a_row_with_its_channel_type_and_number(viewer):
    viewer.look()
    viewer.publish("tenant:shop", "order:ord_1")

    frame = viewer.look()

    assert frame["names"] == {"4": "order:ord_1"}
    assert frame["types"] == ["cart_update"]
    assert [row[:3] for row in frame["rows"]] == [[3, 0, 1], [4, 0, 1]]
    assert (frame["seq"], frame["ms"]) == (1, 250)
    assert frame["kinds"] == {"tenant": [1, 3], "order": [1, 3]}


def test_a_chat_message_names_its_author(viewer, shop):
    viewer.look()
    said = {"sender_id": "taras", "content": "Так"}
    viewer.publish("user:olena", message=shop.message("chat_message", message=said))

    assert viewer.look()["rows"][0][4] == 2


def test_a_slow_browser_gets_the_newest_rows_and_exact_counts(viewer):
    viewer.look()
    for _ in range(60):  # more than are kept
        viewer.publish(*["user:olena"] * 10, left_out=5)

    frame = viewer.look()

    assert len(frame["rows"]) == MAX_ROWS
    assert frame["seq"] == 600 - MAX_ROWS + 1
    assert frame["kinds"] == {"user": [600, 1800]}
    assert frame["left_out"] >= 60 * 5
    assert viewer.look() is None


def test_who_is_evicted_goes_with_the_code_and_is_back_after_a_reconnect(viewer):
    viewer.look()
    viewer.report(event("evicted", "c_1", "olena", 4100))

    assert viewer.look()["gone"] == [[1, 4100, "evicted"]]

    viewer.report(event("connected", "c_9", "olena"))
    assert viewer.look()["back"] == [1]


def test_a_list_older_than_an_event_brings_nobody_back(viewer):
    viewer.look()
    viewer.report(event("closed", "c_1", "olena", 1006))
    viewer.look()
    viewer.connections = (TARAS, OLENA)

    assert viewer.look() is None


def test_one_of_two_connections_that_ends_changes_nothing(viewer):
    viewer.connections = (OLENA, connection("c_3", "olena", "user:olena"))
    viewer.look()
    viewer.report(event("closed", "c_3", "olena", 1000))

    assert viewer.look() is None


def test_a_queue_that_fills_is_a_percentage_of_its_limit(viewer):
    viewer.look()
    viewer.connections = (connection("c_1", "olena", "user:olena", waiting=1 << 19), TARAS)

    assert viewer.look()["waiting"] == [[1, 50]]


def test_refused_requests_are_listed_and_counted(viewer):
    viewer.look()
    refused = (RefusedRequest(NOON, "olena", "forbidden", "tenant:shop"),)
    viewer.report(refused=refused, refused_left_out=6)

    frame = viewer.look()

    assert frame["refused"] == [["forbidden", "tenant:shop", "olena", 1000]]
    assert frame["refused_more"] == 6
    viewer.publish("user:olena")
    assert "refused" not in viewer.look()


def test_a_feed_that_is_disconnected_is_reported_once(viewer):
    viewer.look()

    assert viewer.look(is_live=False)["live"] == 0
    assert viewer.look(is_live=False) is None
    assert "live" not in viewer.look(is_live=True)


def test_numbers_of_unused_channels_are_freed(viewer):
    viewer.look()
    for first in range(0, MAX_CHANNELS + 200, 100):
        viewer.publish(*[f"order:ord_{number}" for number in range(first, first + 100)])
        frame = viewer.look()

    assert len(frame["forget"]) == 100
    assert frame["forget"][0] > 3  # channels with subscribers stay


def test_each_socket_has_numbers_of_its_own(viewer):
    viewer.look()
    viewer.publish("order:ord_1")
    viewer.look()

    viewer.frames = MapFrames()
    assert 4 not in viewer.look()["names"]
