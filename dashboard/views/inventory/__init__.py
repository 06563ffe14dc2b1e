"""The inventory package of dashboard."""
