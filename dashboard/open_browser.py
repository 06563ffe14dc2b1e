"""Open a URL in the default browser if there is a display."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping


def has_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether there is a display; without one a text browser might occupy the terminal."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def open_url(url: str) -> None:
    """Open a URL in a new tab if there is a display."""
    if has_display():
        webbrowser.open_new_tab(url)
