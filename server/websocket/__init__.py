"""The websocket package of server."""
