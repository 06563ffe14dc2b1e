"""WebSockets that a tab opens as a persona, and the status of a connection.

Drawing the status is up to ``ui.connection_badge``; the feed of all tabs is in ``sources``.
"""
