"""Map: every message, from its publisher through its channel to its subscribers."""

from __future__ import annotations

from dashboard.i18n.translate import _
from dashboard.ui import page_frame
from dashboard.views.map import picture


def draw() -> None:
    """Draw the line in the header; the picture is not part of the periodic redraw."""
    live_line(_("every message, from its publisher to its subscribers"))


live_line = page_frame.header(_("Map"), allow_presenter=True)
picture.draw()
# Last.  On a busy machine Streamlit may join the messages of a run with those of the fragment's
# next one.  The browser then removes the fragment's place for a moment, what stands behind it moves
# up by one, and the fragment is drawn over it.
page_frame.redraw_periodically("map", draw)
