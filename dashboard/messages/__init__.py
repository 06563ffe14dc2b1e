"""What can be done with one message or a list: search, fields, export, publishing again.

Pure.  Storing messages is up to ``state.message_log`` and ``sources.saved_messages``.
"""
