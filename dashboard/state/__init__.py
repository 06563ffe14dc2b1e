"""The state package of dashboard."""
