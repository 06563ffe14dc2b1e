"""Whether there is a display to open a browser on."""

import pytest

from dashboard.open_browser import has_display


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("darwin", {}, True),
        ("win32", {}, True),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"SSH_TTY": "/dev/pts/0"}, False),
    ],
)
def test_a_display_is_found_by_platform_or_environment(platform, environment, expected):
    assert has_display(platform, environment) is expected
