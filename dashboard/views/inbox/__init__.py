"""The Inbox page: a customer's notifications and cart, and both sides of a support chat.

Sockets of personas are opened by ``dashboard.sockets``.
"""
