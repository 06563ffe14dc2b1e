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
    """``hours[h]``: traffic in hour ``h`` since the start, relative to the mean."""

    hours: tuple[Annotated[float, Meta(gt=0)], ...]

    def intensity(self, at: float) -> float:
        """Return the traffic at a time, in seconds since the start; 1 is the mean of a day."""
        return self.hours[int(at // HOUR_S) % HOURS]


def load_daily_profile() -> DailyProfile:
    """Load the profile of the data file.

    Raises:
        InvalidDataFile: the file is invalid.
    """
    return parse_daily_profile(read_text("day.toml"))


def parse_daily_profile(text: str) -> DailyProfile:
    """Parse the text of the profile's file.

    Raises:
        InvalidDataFile: the text is invalid.
    """
    profile = parse_toml("day.toml", text, DailyProfile)
    if len(profile.hours) != HOURS:
        raise InvalidDataFile(f"day.toml: there are {len(profile.hours)} hours, not {HOURS}")
    if abs(sum(profile.hours) - HOURS) > 1e-9:
        raise InvalidDataFile(f"day.toml: the hours sum up to {sum(profile.hours):g}, not {HOURS}")
    return profile
