"""Back-off: full jitter under a ceiling that doubles."""

from random import Random

import pytest

from client.sans_io.reconnect import backoff_delay


class Spy(Random):
    """Records the bounds it is called with."""

    def uniform(self, a, b):
        self.bounds = (a, b)
        return b


@pytest.mark.parametrize(
    ("attempt", "ceiling"),
    [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 20), (7, 20), (10_000, 20)],
)
def test_the_delay_is_uniform_between_zero_and_the_ceiling(attempt, ceiling):
    rng = Spy()

    assert backoff_delay(attempt, rng) == ceiling
    assert rng.bounds == (0, ceiling)


def test_the_delay_differs_between_clients():
    assert len({backoff_delay(3, Random(seed)) for seed in range(50)}) == 50
