"""Exponential backoff with full jitter, so that clients do not reconnect in step.

Pure.  Delays are uniform over the whole interval, which spreads the load on a server that
restarts.
"""

from __future__ import annotations

from random import Random

INITIAL_DELAY_S = 0.5
"""Upper bound of the first delay."""
MAX_DELAY_S = 20.0
"""Upper bound of all delays; retries do not end."""
_MAX_DOUBLINGS = 6  # 0.5 s doubled six times is over 20 s


def backoff_delay(attempt: int, rng: Random) -> float:
    """Return the seconds to wait before repetition ``attempt``, counted from 0.

    Uniform over 0 to ``min(MAX_DELAY_S, FIRST_S * 2 ** attempt)``.
    """
    return rng.uniform(0.0, min(MAX_DELAY_S, INITIAL_DELAY_S * 2 ** min(attempt, _MAX_DOUBLINGS)))
