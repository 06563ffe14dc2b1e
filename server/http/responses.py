"""HTTP responses: JSON, the status of each error, and who may use a route."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web
from msgspec import UNSET

from common import http_api
from common.http_api import ErrorBody
from protocol.codec import encode_json
from protocol.errors import ErrorCode, RequestError
from server.auth.identity import Identity, InvalidToken, Role
from server.auth.jwt_verifier import JwtVerifier
from server.errors import ApiError, ApiErrorCode

STATUS_BY_CODE = {
    ApiErrorCode.INVALID_JSON: 400,
    ApiErrorCode.UNAUTHENTICATED: 401,
    ApiErrorCode.FORBIDDEN: 403,
    ApiErrorCode.NOT_FOUND: 404,
    ApiErrorCode.KEY_REUSED: 409,
    ApiErrorCode.INVALID_BODY: 422,
    ApiErrorCode.INVALID_CHANNEL: 422,
    ApiErrorCode.INVALID_KEY: 422,
    ApiErrorCode.INVALID_LIST: 422,
    ApiErrorCode.INVALID_PUBLICATION: 422,
    ApiErrorCode.TOO_BIG: 422,
    ApiErrorCode.UNAVAILABLE: 503,
}


def json_response(value: Any) -> web.Response:
    """Respond with JSON."""
    return http_api.json_response(encode_json(value))


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    index: int | None = None,
    retry_after: int | None = None,
) -> web.Response:
    """Respond with an error; ``index`` names the wrong item of a list."""
    error = ErrorBody(code, message, index=UNSET if index is None else index)
    response = http_api.error_response(status, error)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def api_error_response(error: ApiError) -> web.Response:
    """Respond with the error of a service."""
    return error_response(STATUS_BY_CODE[error.code], error.code, error.message, index=error.index)


def request_error_response(error: RequestError) -> web.Response:
    """Respond with the error that a WebSocket client would get."""
    status = 403 if error.code is ErrorCode.FORBIDDEN else 422
    return error_response(status, error.code, error.message)


async def require_role(
    authorization: str, verifier: JwtVerifier, roles: Collection[Role]
) -> Identity:
    """Return the identity of the bearer token in a header ``Authorization``.

    Raises:
        ApiError: ``unauthenticated`` without a valid token, ``forbidden`` for other roles.
    """
    token = http_api.bearer_token(authorization)
    try:
        identity = await verifier.verify(token)
    except InvalidToken:
        raise ApiError(ApiErrorCode.UNAUTHENTICATED, "A valid bearer token is required") from None
    if identity.role not in roles:
        raise ApiError(ApiErrorCode.FORBIDDEN, "This role may not do that")
    return identity
