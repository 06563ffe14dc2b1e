"""Answers over HTTP: JSON, problems included, and who may ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from protocol.codec import encode_json
from server.auth.identity import Identity, Role
from server.auth.jwt_verifier import InvalidToken, JwtVerifier


class ApiError(Exception):
    """A request that is answered with a problem instead of what it asked for."""

    def __init__(self, status: int, code: str, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.index = status, code, message, index

    def response(self) -> web.Response:
        """Shape it for the wire."""
        return error_response(self.status, self.code, self.message, self.index)


def json_response(value: Any, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=encode_json(value), status=status, content_type="application/json")


def error_response(
    status: int,
    code: str,
    message: str,
    index: int | None = None,
    retry_after: int | None = None,
) -> web.Response:
    """Answer ``{"error": {"code", "message", "index"?}}``; ``index`` names a list's item."""
    error = {"code": code, "message": message} | ({} if index is None else {"index": index})
    response = json_response({"error": error}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def require_role(
    request: web.Request, verifier: JwtVerifier, roles: Collection[Role]
) -> Identity:
    """Return who asks.

    Raises:
        Problem: 401 without a valid bearer token, 403 for a role that may not ask.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise InvalidToken
        identity = await verifier.verify(token.strip())
    except InvalidToken:
        raise ApiError(401, "unauthenticated", "A valid bearer token is required") from None
    if identity.role not in roles:
        raise ApiError(403, "forbidden", "This role may not do that")
    return identity
