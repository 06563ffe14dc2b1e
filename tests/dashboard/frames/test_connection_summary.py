"""Summary of a connection, computed from its frames."""

import pytest

from dashboard.frames import connection_summary
from dashboard.frames.connection_summary import ConnectionPhase, ConnectionSummary

TAKEN = (
    b'{"type":"auth_success","payload":{"user_id":"user_1","role":"agent","tenant_id":"shop",'
    b'"expires_at":"2023-11-14T23:13:20Z"}}'
)


def test_there_is_no_connection_before_the_first_frame(conversation):
    assert connection_summary.summarise(conversation.frames) == ConnectionSummary()


def test_an_open_connection_has_the_user_and_the_expiry_of_the_token(conversation):
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
def test_a_closed_connection_has_its_closing_frame(conversation, end):
    conversation.record.record_connecting(has_token=False)
    conversation.record.record_open()
    conversation.record.record_received(TAKEN)
    frame = end(conversation.record)

    now = connection_summary.summarise(conversation.frames)

    assert (now.phase, now.user, now.closing_frame) == (ConnectionPhase.CLOSED, "", frame)


def test_opening_again_starts_another_connection(conversation):
    conversation.record.record_close(1006, "")
    conversation.record.record_connecting(has_token=False)

    assert connection_summary.summarise(conversation.frames).phase is ConnectionPhase.CONNECTING


def test_an_invalid_expiry_is_ignored(conversation):
    conversation.record.record_received(TAKEN.replace(b"2023-11-14T23:13:20Z", b"soon"))

    assert connection_summary.summarise(conversation.frames).expires_at is None
