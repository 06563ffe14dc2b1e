"""The overview package of dashboard."""
