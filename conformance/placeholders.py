"""Placeholders in requests, which are filled in when a request is sent.  Pure."""

from __future__ import annotations

TOKEN = "$TOKEN"  # noqa: S105 - a placeholder, no token
ORDER = "$ORDER"
TENANT = "$TENANT"
