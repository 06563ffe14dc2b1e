"""The common package."""
