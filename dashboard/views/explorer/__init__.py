"""The Explorer page: channel tree, message list with its filters and selection, and the inspector.

Search, fields and export of messages are in ``dashboard.messages``.
"""
