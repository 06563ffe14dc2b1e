"""The rule by which a subscription of the Console's connection was refused."""

from datetime import UTC, datetime

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from client.http_client import ApiRequestError
from dashboard.dependencies import Dependencies, install
from dashboard.frames.connection_summary import ConnectionPhase, ConnectionSummary
from dashboard.sources.connections_client import PollResult
from dashboard.tab_session import AccessAnswer
from dashboard.views.console import access_answer
from protocol.admin_api import ChannelAccess, ConnectionInfo, ConnectionList

OPENED_AT = 1_700_000_000.0
CONSOLE = ConnectionSummary(ConnectionPhase.OPEN, OPENED_AT, "user_1", "customer", "shop")


def listed(id, after=0.0, user="user_1"):
    at = datetime.fromtimestamp(OPENED_AT + after, UTC)
    return ConnectionInfo(id, user, "Олена", "customer", "node-1", at, at, (), 0, 0)


class FakeConnectionsClient:
    """A ConnectionsClient with the connections that a test gives it."""

    def __init__(self, *connections, trouble=""):
        self._connections, self._trouble = connections, trouble
        self.asked = []

    def latest(self):
        return PollResult(ConnectionList(self._connections, len(self._connections)), OPENED_AT)

    def check_access(self, connection_id, channel):
        self.asked.append((connection_id, channel))
        if self._trouble:
            raise ApiRequestError(self._trouble)
        return ChannelAccess(channel, False, False, "not_staff", "")


def test_the_rule_is_of_the_connection_that_was_opened_with_the_consoles():
    client = FakeConnectionsClient(listed("c_1", -60), listed("c_2", 0.01), listed("c_3", 1.5))

    answer = access_answer.find_answer(client, CONSOLE, "tenant:shop")

    assert answer == AccessAnswer("not_staff", "c_2")
    assert client.asked == [("c_2", "tenant:shop")]


@pytest.mark.parametrize("after", [-60, 5])
def test_another_connection_of_the_user_is_not_taken_for_the_consoles(after):
    client = FakeConnectionsClient(listed("c_1", after), listed("c_2", user="user_2"))

    assert access_answer.find_answer(client, CONSOLE, "tenant:shop") is None
    assert client.asked == []


def test_a_request_that_failed_is_not_repeated_at_the_next_tick():
    def page():
        from client.recorded_frames import FrameKind, RecordedFrame
        from client.sans_io.connection_events import Direction
        from dashboard.frames.connection_tracker import FrameNotes
        from dashboard.views.console import access_answer
        from tests.dashboard.views.console.test_access_answer import CONSOLE

        def frame(seq, direction, **message):
            return RecordedFrame(
                seq=seq, at=0.0, direction=direction, kind=FrameKind.TEXT, message=message
            )

        request = frame(1, Direction.SENT, type="subscribe", payload={"channel": "tenant:shop"})
        refusal = frame(2, Direction.RECEIVED, type="error", payload={"code": "forbidden"})
        access_answer.draw(refusal, FrameNotes(CONSOLE, request=request), "Олена")

    client = FakeConnectionsClient(listed("c_1"), trouble="cannot connect")
    st.cache_resource.clear()
    with install(Dependencies(connections_client=client)):
        drawn = AppTest.from_function(page, default_timeout=30).run().run()

    assert not drawn.exception
    assert not drawn.caption
    assert client.asked == [("c_1", "tenant:shop")]
