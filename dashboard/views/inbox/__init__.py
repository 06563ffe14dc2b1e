"""The inbox package of dashboard."""
