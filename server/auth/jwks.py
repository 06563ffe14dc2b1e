"""The public keys of an identity provider (JSON Web Key Set, RFC 7517).

An outage of the provider is no fault of the users: known keys go on working, and of an unknown
key it is said that it cannot be checked now.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import jwt

from server.auth.identity import KeysUnavailable

log = logging.getLogger(__name__)

FETCH_TIMEOUT_S = 5.0
REFRESH_S = 300.0  # after so long the keys are fetched again, while the known ones are used
KEEP_S = 12 * 3600.0  # known keys are used for so long without a successful fetch
RETRY_S = 5.0  # between two fetches, failed or for an unknown key: strangers may invent key ids
MAX_BYTES = 1 << 20
MALFORMED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""Raised for JSON that is no key set: PyJWT does not check the types in it."""


class JwksKeys:
    """Knows the keys by their ids, and fetches them when needed; one fetch at a time.

    ``fetch`` returns the key set as decoded JSON; ``clock`` is in seconds of a monotonic clock.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Any]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._tried_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, token: str) -> Any:
        """Return the key that a token names.

        Raises:
            jwt.PyJWTError: the token is malformed, or names a key that the provider has not.
            KeysUnavailable: the provider does not answer, and the key is not known.
        """
        key_id = jwt.get_unverified_header(token).get("kid")
        age = self._clock() - self._fetched_at
        key = self._keys.get(key_id) if isinstance(key_id, str) and age < KEEP_S else None
        if key is not None:
            if age >= REFRESH_S:
                self._start_fetch()  # the next token has the new keys
            return key
        if fetching := self._start_fetch():
            await asyncio.shield(fetching)
        key = self._keys.get(key_id) if isinstance(key_id, str) else None
        if key is not None:
            return key
        if self._clock() - self._fetched_at < REFRESH_S:
            raise jwt.PyJWKClientError("the key set has no such key")
        raise KeysUnavailable("the key set cannot be fetched")

    def _start_fetch(self) -> asyncio.Task[None] | None:
        """Start to fetch, unless that was tried just now; returns the fetch under way."""
        if self._fetching is None and self._clock() - self._tried_at >= RETRY_S:
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._update())
        return self._fetching

    async def _update(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                found = jwt.PyJWKSet.from_dict(await self._fetch()).keys
            self._keys = {
                each.key_id: each.key
                for each in found
                if each.key_id and each.public_key_use in (None, "sig")
            }
            self._fetched_at = self._clock()
        except (aiohttp.ClientError, jwt.PyJWTError, OSError, TimeoutError, *MALFORMED) as why:
            log.warning("the keys cannot be fetched: %s", str(why) or type(why).__name__)
        finally:
            self._fetching = None


def http_fetch(url: str) -> Callable[[], Awaitable[Any]]:
    """Return a function that fetches a key set over HTTP."""

    async def fetch() -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.get(url, raise_for_status=True) as response,
        ):
            body = b""
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("the key set is too long")
            return json.loads(body)

    return fetch
