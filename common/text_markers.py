"""Markers of texts that are translated elsewhere.

Pure, so that modules without Streamlit can mark the texts they define.
"""

from __future__ import annotations


def N_(text: str) -> str:
    """Mark a text for the catalogue; the page that shows it translates it with ``_``."""
    return text
