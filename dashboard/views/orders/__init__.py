"""The orders package of dashboard."""
