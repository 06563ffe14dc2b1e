"""A history in memory forgets what is old and what is too much, and says where it stops."""

import pytest

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from protocol.retention import MONITOR_MAX_MESSAGES, Retention
from server.pubsub.brokers.memory.history import MAX_CHANNELS, MONITOR_MAX_BYTES, MemoryHistory

ORDER, STAFF, MONITOR = map(Channel.parse, ("order:ord_1", "tenant:shop", "monitor:shop"))


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(clock):
    return MemoryHistory("e", Retention(max_messages=1000, max_age_s=600.0), clock)


@pytest.fixture
def publish(kept, clock):
    def publish(channel, *, size=2, count=1):
        for _ in range(count):
            kept.append(
                Publication(
                    to=channel, type="x", message=b" " * size, tenant="shop", accepted_at=clock.now
                )
            )

    return publish


def since(kept, channel, offset):
    """Return how many are recovered from that offset on, or False."""
    found = kept.recover(channel, StreamPosition("e", offset))
    return found.recovered and len(found.missed)


def test_expired_publications_are_dropped_and_the_position_is_kept(kept, publish, clock):
    publish(ORDER)
    clock.now = 300.0
    publish(ORDER)
    clock.now = 601.0

    assert (since(kept, ORDER, 0), since(kept, ORDER, 1)) == (False, 1)

    clock.now = 901.0
    publish(STAFF)
    assert (since(kept, ORDER, 1), since(kept, ORDER, 2)) == (False, 0)
    assert kept.latest(ORDER) is None


def test_a_channel_that_becomes_active_again_continues_its_offsets(kept, publish, clock):
    publish(ORDER)
    clock.now = 601.0
    publish(STAFF)
    publish(ORDER)

    assert (since(kept, ORDER, 0), since(kept, ORDER, 1)) == (False, 1)


def test_an_evicted_channel_never_repeats_an_offset(kept, publish):
    publish(ORDER, count=5)
    for number in range(2 * MAX_CHANNELS):
        publish(Channel.parse(f"order:more_{number}"))

    assert (since(kept, ORDER, 4), since(kept, ORDER, 5)) == (False, 0)
    publish(ORDER)
    assert (since(kept, ORDER, 4), since(kept, ORDER, 5)) == (False, 1)


def test_the_channels_share_a_limit_in_bytes_and_the_least_recently_used_is_evicted(kept, publish):
    publish(STAFF)
    publish(ORDER, size=1 << 16, count=1000)
    publish(Channel.parse("order:ord_2"), size=1 << 16, count=100)

    assert since(kept, STAFF, 0) is False
    assert (since(kept, ORDER, 0), since(kept, ORDER, 999)) == (False, 1)
    assert since(kept, Channel.parse("order:ord_2"), 0) == 100


def test_reading_channels_without_publications_evicts_nothing(kept, publish):
    publish(ORDER)
    for number in range(2 * MAX_CHANNELS):
        silent = Channel.parse(f"public:{number}")
        position = kept.recover(silent, None).position
        assert kept.recover(silent, position).recovered is True

    assert since(kept, ORDER, 0) == 1


def test_fewer_of_the_monitors_reports_are_kept(kept, publish):
    publish(MONITOR, count=MONITOR_MAX_MESSAGES + 1)

    assert (since(kept, MONITOR, 0), since(kept, MONITOR, 1)) == (False, MONITOR_MAX_MESSAGES)


def test_the_monitors_reports_do_not_push_out_other_channels(kept, publish):
    publish(STAFF, count=3)
    publish(MONITOR, count=20, size=MONITOR_MAX_BYTES // 10)

    assert since(kept, STAFF, 0) == 3
    assert (since(kept, MONITOR, 15), since(kept, MONITOR, 5)) == (5, False)
