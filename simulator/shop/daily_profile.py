"""Daily traffic profile, by hour since the start.

The profile begins with the start of the run, not at midnight: a run does not depend on the time of
day.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from simulator.data_files import InvalidDataFile, parse_toml, read_text

HOUR_S = 3600.0
HOURS = 24


class DailyProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """``hours[h]``: customers who come in hour ``h`` since the opening, relative to the mean."""

    hours: tuple[Annotated[float, Meta(gt=0)], ...]

    def intensity(self, at: float) -> float:
        """Return the traffic at a time, in seconds since the start; 1 is the mean of a day."""
        return self.hours[int(at // HOUR_S) % HOURS]


def load_daily_profile() -> DailyProfile:
    """Read the shop's own day.

    Raises:
        BadData: the file is wrong.
    """
    return parse_daily_profile(read_text("day.toml"))


def parse_daily_profile(text: str) -> DailyProfile:
    """Make a day of the text of its file.

    Raises:
        BadData: it is wrong, and how.
    """
    day = parse_toml("day.toml", text, DailyProfile)
    if len(day.hours) != HOURS:
        raise InvalidDataFile(f"day.toml: there are {len(day.hours)} hours, not {HOURS}")
    if abs(sum(day.hours) - HOURS) > 1e-9:
        raise InvalidDataFile(f"day.toml: the hours sum up to {sum(day.hours):g}, not {HOURS}")
    return day
