"""The views package of dashboard."""
