"""The explorer package of dashboard."""
