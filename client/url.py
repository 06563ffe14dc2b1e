"""URL of the WebSocket with the token in its query.

Nothing in the package logs this URL.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit


def with_token(url: str, token: str | None) -> str:
    """Return ``url`` with the token added to its query, or as it is without one."""
    if token is None:
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"token": token}))))
    return urlunsplit(parts._replace(query=query))
