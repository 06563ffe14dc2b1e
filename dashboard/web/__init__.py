"""The web package of dashboard."""
