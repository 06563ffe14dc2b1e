"""The daily profile: busy and quiet hours whose mean is 1."""

import pytest

from simulator.data_files import InvalidDataFile
from simulator.shop import daily_profile


def test_the_profile_has_busy_and_quiet_hours(shop_data):
    busy = [shop_data.daily_profile.intensity(hour * 3600.0) for hour in range(24)]

    assert max(busy) > 5 * min(busy)
    assert sum(busy) == pytest.approx(24)


def test_the_profile_starts_with_two_hours_of_the_mean_and_repeats(shop_data):
    assert {shop_data.daily_profile.intensity(at) for at in (0, 3600, 7199.9)} == {1.0}
    assert shop_data.daily_profile.intensity(10 * 3600) == shop_data.daily_profile.intensity(
        34 * 3600
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hours = [1.0]", "there are 1 hours, not 24"),
        (f"hours = [{'2.0, ' * 24}]", "the hours sum up to 48, not 24"),
        (f"hours = [{'0.0, ' * 24}]", r"> 0\.0 - at `\$\.hours"),
        ("hours = 1", r"at `\$\.hours`"),
    ],
)
def test_an_error_in_the_file_is_reported(text, problem):
    with pytest.raises(InvalidDataFile, match=problem) as rejected:
        daily_profile.parse_daily_profile(text)

    assert str(rejected.value).startswith("day.toml")
