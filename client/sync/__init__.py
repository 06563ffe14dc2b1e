"""The sync package of client."""
