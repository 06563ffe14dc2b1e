"""When a silent client is pinged, and when it counts as gone."""

from server.websocket.keepalive import IDLE_TIMEOUT_S, PING_INTERVAL_S, Keepalive


def test_a_silent_client_is_pinged_before_it_counts_as_gone():
    keepalive = Keepalive(now=100.0)

    assert 100.0 < keepalive.ping_at < keepalive.idle_at


def test_a_ping_is_repeated_after_the_interval_and_does_not_extend_the_idle_timeout():
    keepalive = Keepalive(now=0.0)

    keepalive.record_ping(PING_INTERVAL_S)

    assert keepalive.ping_at == 2 * PING_INTERVAL_S
    assert keepalive.idle_at == IDLE_TIMEOUT_S


def test_whatever_a_client_sends_postpones_both():
    keepalive = Keepalive(now=0.0)

    keepalive.last_received_at = 50.0

    assert keepalive.ping_at == 50.0 + PING_INTERVAL_S
    assert keepalive.idle_at == 50.0 + IDLE_TIMEOUT_S
