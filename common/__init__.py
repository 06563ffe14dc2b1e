"""Helpers that any program may use: settings, HTTP APIs, files, text patterns, text markers.

A module belongs here if at least two programs use it and it knows nothing of the shop.  Imports
neither ``protocol`` nor any program.
"""
