"""Answers over HTTP: JSON, problems included, and who may ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from protocol.codec import write
from server.auth import InvalidToken, Verifier
from server.identity import Identity, Role


class Problem(Exception):
    """A request that is answered with a problem instead of what it asked for."""

    def __init__(self, status: int, code: str, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.index = status, code, message, index

    def response(self) -> web.Response:
        """Shape it for the wire."""
        return problem(self.status, self.code, self.message, self.index)


def answer(value: Any, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=write(value), status=status, content_type="application/json")


def problem(
    status: int,
    code: str,
    message: str,
    index: int | None = None,
    retry_after: int | None = None,
) -> web.Response:
    """Answer ``{"error": {"code", "message", "index"?}}``; ``index`` names a list's item."""
    error = {"code": code, "message": message} | ({} if index is None else {"index": index})
    response = answer({"error": error}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def require(request: web.Request, verifier: Verifier, roles: Collection[Role]) -> Identity:
    """Return who asks.

    Raises:
        Problem: 401 without a valid bearer token, 403 for a role that may not ask.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise InvalidToken
        who = await verifier.identify(token.strip())
    except InvalidToken:
        raise Problem(401, "unauthenticated", "A valid bearer token is required") from None
    if who.role not in roles:
        raise Problem(403, "forbidden", "This role may not do that")
    return who
