"""Helpers that any program may use: settings, HTTP APIs, text patterns, markers for translation.

A module belongs here if at least two programs use it and it knows nothing of the shop.  Imports
neither ``protocol`` nor any program.
"""
