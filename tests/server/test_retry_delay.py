"""Delays between attempts grow up to a limit, and are random."""

from server.retry_delay import RetryDelay


def test_delays_double_up_to_the_maximum_and_are_at_least_half_as_long():
    delay = RetryDelay(min_s=1.0, max_s=5.0)

    for longest_s in (1.0, 2.0, 4.0, 5.0, 5.0):
        assert longest_s / 2 <= delay.next_s() <= longest_s


def test_delays_are_random():
    assert len({RetryDelay(1.0, 1.0).next_s() for _ in range(10)}) > 1


def test_delays_are_short_again_after_a_success():
    delay = RetryDelay(min_s=1.0, max_s=60.0)
    for _ in range(5):
        delay.next_s()

    delay.reset()

    assert delay.next_s() <= 1.0
