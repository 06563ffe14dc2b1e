"""The connections package of dashboard."""
