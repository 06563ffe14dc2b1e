"""Frames of raw connections: what is known of each, and how they are listed, drawn and written.

The parts that several pages with a connection of their own use.  What one page uses alone is in
that page's folder under ``views``; connections themselves are opened there and in ``client``.
"""
