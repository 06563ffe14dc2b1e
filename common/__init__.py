"""What every program may use: settings from the environment, HTTP errors, searches in text.

Nothing here knows the shop or the protocol: that is in `protocol`, and what only one
program needs is in that program's package.
"""
