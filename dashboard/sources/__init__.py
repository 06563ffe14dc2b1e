"""The sources package of dashboard."""
