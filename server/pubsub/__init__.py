"""The pubsub package of server."""
