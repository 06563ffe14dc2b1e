"""Open a URL in the default browser if there is a display."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping


def has_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a window could be opened; else a text browser might take the terminal."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def open_url(url: str) -> None:
    """Open the address in a new tab, if that can be done."""
    if has_display():
        webbrowser.open_new_tab(url)
