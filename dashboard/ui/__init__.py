"""The ui package of dashboard."""
