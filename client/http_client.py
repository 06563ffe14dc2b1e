"""HTTP client for the server and the simulator, with a bearer token and readable errors.

A call blocks for at most ``TIMEOUT_S``, unless the client has another timeout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import HTTPException
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct

from common.text_markers import N_
from protocol import codec

TIMEOUT_S = 2.0
MAX_RESPONSE_BYTES = 8 << 20
"""The state of a shop with sixty products and their orders is some 200 KiB."""
MAX_ERROR_BYTES = 64 << 10
CANNOT_CONNECT, UNEXPECTED_RESPONSE = N_("cannot connect"), N_("unexpected response")
T = TypeVar("T")
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class ErrorDetail(Struct, frozen=True):
    """The error object of both APIs: ``{"error": {...}}``; ``field`` names the invalid field."""

    code: str = ""
    message: str = ""
    field: str = ""


class ApiRequestError(Exception):
    """A request failed; ``str()`` gives a reason that can follow a colon.

    ``status`` is None if no response arrived, or one that is not of the API; ``detail`` is empty
    if the response had no error object.
    """

    def __init__(
        self, reason: str, status: int | None = None, detail: ErrorDetail | None = None
    ) -> None:
        super().__init__(reason)
        self.status, self.detail = status, detail or ErrorDetail()


class ApiClient:
    """Client of one HTTP API; fetches a token before every request."""

    def __init__(
        self, url: str, token_source: Callable[[], str], timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url, self._token_source = url.rstrip("/"), token_source
        self._timeout_s = timeout_s
        # The server is on this machine or network: ignore proxies in the environment.
        self._opener: OpenerDirector = build_opener(ProxyHandler({}))

    def get(self, path: str) -> bytes:
        """Return the body of the response.

        Raises:
            ApiRequestError: no response arrived, or one with an error status.
        """
        return self._request("GET", path)

    def post(self, path: str, body: Any, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        """Send ``body`` as JSON, or bytes as they are; otherwise as ``get``."""
        data = body if isinstance(body, bytes) else codec.encode_json(body)
        return self._request("POST", path, data, {**headers, "Content-Type": "application/json"})

    def delete(self, path: str) -> bytes:
        """Send a DELETE request; otherwise as ``get``."""
        return self._request("DELETE", path)

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> bytes:
        all_headers = {**headers, "Authorization": f"Bearer {self._token_source()}"}
        request = Request(self._url + path, body, all_headers, method=method)  # noqa: S310 - the settings take http and https only
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                return bytes(response.read(MAX_RESPONSE_BYTES))
        except HTTPError as error:
            detail = _read_error(error)
            raise ApiRequestError(f"HTTP {error.code} {error.reason}", error.code, detail) from None
        except (OSError, HTTPException):
            raise ApiRequestError(CANNOT_CONNECT) from None


def decode_response(decode: Callable[[bytes], T], body: bytes) -> T:
    """Decode the body of a response.

    Raises:
        ApiRequestError: it does not match the API, as if another program had answered.
    """
    try:
        return decode(body)
    except codec.DECODE_ERRORS:
        raise ApiRequestError(UNEXPECTED_RESPONSE) from None


class _ErrorResponse(Struct, frozen=True):
    error: ErrorDetail


_error_decoder = msgspec.json.Decoder(_ErrorResponse)


def _read_error(response: HTTPError) -> ErrorDetail | None:
    """Return the error object of a response; None if it has none, or breaks off."""
    try:
        with response:
            return _error_decoder.decode(response.read(MAX_ERROR_BYTES)).error
    except (OSError, HTTPException, *codec.DECODE_ERRORS):
        return None
