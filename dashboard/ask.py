"""HTTP client for the server and the simulator, with a bearer token and readable errors.

A call blocks for at most ``TIMEOUT_S``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import HTTPException
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct

from dashboard.words import N_
from protocol import codec

TIMEOUT_S = 2.0
LONGEST = 8 << 20  # bytes of an answer; sixty products and their orders are some 200 KiB
LONGEST_REFUSAL = 64 << 10
NOBODY = N_("cannot connect")
NONE: Mapping[str, str] = MappingProxyType({})


class Refusal(Struct, frozen=True):
    """The error object of both APIs: ``{"error": {...}}``; ``field`` names the invalid field."""

    code: str = ""
    message: str = ""
    field: str = ""


class Unanswered(Exception):
    """A request failed; ``str()`` gives a reason that can follow a colon.

    ``status`` is None if no response arrived; ``refusal`` is empty if the response
    had no error object.
    """

    def __init__(self, why: str, status: int | None = None, refusal: Refusal | None = None) -> None:
        super().__init__(why)
        self.status, self.refusal = status, refusal or Refusal()


class Asker:
    """Client of one HTTP API; fetches a token before every request."""

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self._url, self._token = url.rstrip("/"), token
        # It is on this machine or this network: a proxy of the environment is not asked.
        self._opener: OpenerDirector = build_opener(ProxyHandler({}))

    def get(self, path: str) -> bytes:
        """Return the body of the answer.

        Raises:
            Unanswered: there was none, or one that refuses.
        """
        return self._ask("GET", path)

    def post(self, path: str, body: Any, headers: Mapping[str, str] = NONE) -> bytes:
        """Send ``body`` as JSON, or bytes as they are; otherwise as ``get``."""
        data = body if isinstance(body, bytes) else codec.write(body)
        return self._ask("POST", path, data, {**headers, "Content-Type": "application/json"})

    def delete(self, path: str) -> bytes:
        """Send a DELETE request; otherwise as ``get``."""
        return self._ask("DELETE", path)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = NONE,
    ) -> bytes:
        signed = {**headers, "Authorization": f"Bearer {self._token()}"}
        request = Request(self._url + path, body, signed, method=method)  # noqa: S310 - the settings take http and https only
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return bytes(answer.read(LONGEST))
        except HTTPError as why:
            with why:
                refusal = _refusal(why.read(LONGEST_REFUSAL))
            raise Unanswered(f"HTTP {why.code} {why.reason}", why.code, refusal) from None
        except (OSError, HTTPException):
            raise Unanswered(NOBODY) from None


class _Problem(Struct, frozen=True):
    error: Refusal


_problem = msgspec.json.Decoder(_Problem)


def _refusal(body: bytes) -> Refusal | None:
    try:
        return _problem.decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
