"""The messages package of dashboard."""
