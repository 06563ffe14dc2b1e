"""Placeholders in frames, replaced by a token when the frame is sent.  Pure."""

from __future__ import annotations

TOKEN = "$TOKEN"  # noqa: S105 - a placeholder, no token
"""The token that the connection was opened with."""
FRESH_TOKEN = "$FRESH_TOKEN"  # noqa: S105 - as above
EXPIRED_TOKEN = "$EXPIRED_TOKEN"  # noqa: S105 - as above
FORGED_TOKEN = "$FORGED_TOKEN"  # noqa: S105 - as above
"""Signed with another secret."""
