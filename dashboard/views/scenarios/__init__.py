"""The scenarios package of dashboard."""
