"""Placeholders in requests, which are filled in when a request is sent.  Pure."""

from __future__ import annotations

TOKEN = "$TOKEN"  # noqa: S105 - a placeholder, no token
FRESH_TOKEN = "$FRESH_TOKEN"  # noqa: S105 - as above
ORDER = "$ORDER"
TENANT = "$TENANT"
