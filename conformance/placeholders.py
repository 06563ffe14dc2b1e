"""Placeholders in requests besides those of tokens, replaced when a request is sent.  Pure."""

from __future__ import annotations

ORDER = "$ORDER"
TENANT = "$TENANT"
