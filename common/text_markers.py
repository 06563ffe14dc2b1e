"""Markers of texts that are translated where they are shown.

Modules that do not import Streamlit mark their texts with these.
"""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text for the catalogue; the page that shows it translates it with ``_``."""
    return text
