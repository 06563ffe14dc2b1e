"""How a connection is, read from its frames."""

import pytest

from dashboard.views.console import connection_summary
from dashboard.views.console.connection_summary import ConnectionPhase, ConnectionSummary

TAKEN = (
    b'{"type":"auth_success","payload":{"user_id":"user_1","role":"agent","tenant_id":"shop",'
    b'"expires_at":"2023-11-14T23:13:20Z"}}'
)


def test_there_is_none_before_the_first(conversation):
    assert connection_summary.summarise(conversation.frames) == ConnectionSummary()


def test_is_open_as_somebody_until_the_token_ends(conversation):
    conversation.record.record_connecting(has_token=True)
    conversation.after(1).record_open()
    conversation.after(1).record_received(TAKEN)

    now = connection_summary.summarise(conversation.frames)

    assert (now.phase, now.user, now.role, now.tenant) == (
        ConnectionPhase.OPEN,
        "user_1",
        "agent",
        "shop",
    )
    assert now.expires_at == 1_700_003_600.0
    assert now.since == conversation.frames[1].at


@pytest.mark.parametrize(
    "end", [lambda r: r.record_close(4103, "expired"), lambda r: r.record_handshake_rejected(503)]
)
def test_ends_and_says_by_which_frame(conversation, end):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    conversation.record.record_received(TAKEN)
    frame = end(conversation.record)

    now = connection_summary.summarise(conversation.frames)

    assert (now.phase, now.user, now.closing_frame) == (ConnectionPhase.CLOSED, "", frame)


def test_is_another_after_it_was_opened_again(conversation):
    conversation.record.record_close(1006, "")
    conversation.record.record_connecting(has_token=False)

    assert connection_summary.summarise(conversation.frames).phase is ConnectionPhase.CONNECTING


def test_a_moment_that_is_none_is_not_believed(conversation):
    conversation.record.record_received(TAKEN.replace(b"2023-11-14T23:13:20Z", b"soon"))

    assert connection_summary.summarise(conversation.frames).expires_at is None
