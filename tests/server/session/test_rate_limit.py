"""How much a client may send."""

from server.session.rate_limit import RateLimit, RateLimitVerdict


def verdicts(rate_per_s, seconds):
    limit = RateLimit(rate=50, burst=100, now=0.0)
    return [limit.check(n / rate_per_s) for n in range(int(rate_per_s * seconds))]


def test_a_burst_is_allowed_and_what_exceeds_it_is_rejected():
    limit = RateLimit(rate=50, burst=100, now=0.0)

    answers = [limit.check(0.0) for _ in range(201)]

    assert answers == [RateLimitVerdict.ALLOW] * 100 + [RateLimitVerdict.REJECT] * 100 + [
        RateLimitVerdict.DISCONNECT
    ]


def test_the_rate_itself_can_be_kept_up():
    assert set(verdicts(49.9, seconds=600)) == {RateLimitVerdict.ALLOW}


def test_slightly_over_the_rate_is_sometimes_rejected_but_tolerated():
    assert set(verdicts(54, seconds=600)) == {RateLimitVerdict.ALLOW, RateLimitVerdict.REJECT}


def test_twice_the_rate_is_disconnected_within_seconds():
    assert RateLimitVerdict.DISCONNECT in verdicts(100, seconds=6)


def test_a_pause_allows_another_burst():
    limit = RateLimit(rate=50, burst=100, now=0.0)
    for _ in range(150):
        limit.check(0.0)

    assert {limit.check(2.0) for _ in range(100)} == {RateLimitVerdict.ALLOW}


def test_a_clock_that_goes_back_takes_nothing_away():
    limit = RateLimit(rate=50, burst=100, now=100.0)
    limit.check(100.0)

    assert [limit.check(40.0) for _ in range(99)] == [RateLimitVerdict.ALLOW] * 99
