"""The Connections page: connected clients, access checks and the dialog that disconnects.

The list comes from ``dashboard.sources.connections_client``.
"""
