"""Widgets and styles that several pages use: page frame, tables, charts, theme, sidebar.

What one page uses alone is in that page's folder under ``views``.
"""
