"""How long to wait before trying again: full jitter, so that clients do not come in step.

Pure: knows neither clocks nor what is being tried.  The first client and the thousandth
spread evenly over the whole interval, which is what a server that comes up needs.
"""

from __future__ import annotations

from random import Random

FIRST_S = 0.5
"""The longest wait before the first repetition."""
LONGEST_S = 20.0
"""The longest wait of all; there is no last try."""
_DOUBLINGS = 6  # 0.5 s doubled six times is over 20 s


def delay(attempt: int, draw: Random) -> float:
    """Return the seconds to wait before repetition ``attempt``, counted from 0.

    Uniform over 0 to ``min(LONGEST_S, FIRST_S * 2 ** attempt)``.
    """
    return draw.uniform(0.0, min(LONGEST_S, FIRST_S * 2 ** min(attempt, _DOUBLINGS)))
