"""Back-off: full jitter under a ceiling that doubles."""

from random import Random

import pytest

from client.sans_io.reconnect import backoff_delay


class Spy(Random):
    """Remembers between what it was asked to draw."""

    def uniform(self, a, b):
        self.asked = (a, b)
        return b


@pytest.mark.parametrize(
    ("attempt", "ceiling"),
    [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 20), (7, 20), (10_000, 20)],
)
def test_is_drawn_evenly_from_nothing_to_the_ceiling(attempt, ceiling):
    draw = Spy()

    assert backoff_delay(attempt, draw) == ceiling
    assert draw.asked == (0, ceiling)


def test_differs_from_client_to_client():
    assert len({backoff_delay(3, Random(seed)) for seed in range(50)}) == 50
