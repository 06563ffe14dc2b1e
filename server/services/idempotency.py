"""``Idempotency-Key``: a request that is repeated gets its first answer, and is done once.

Knows neither HTTP nor what is done.  The answers that this process gave are its own; who
else may have given one is asked through ``IdempotencyStore``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from cachetools import TTLCache

from server.auth.identity import Identity
from server.errors import ApiError, ApiErrorCode

ANSWER_TTL_S = 300.0  # as the protocol promises
MAX_KEYS = 10_000  # remembered, about 6 MB; beyond them the oldest is forgotten
MAX_KEY_LENGTH = 255  # characters
ResultT = TypeVar("ResultT")
RequestKey = tuple[str, str, str]


class IdempotencyStore(Protocol[ResultT]):
    """Where else something may be done, or have been."""

    async def run_once(
        self, fingerprint: str, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Return what ``do`` returns, or what it returned elsewhere under the same name.

        Raises:
            ApiError: ``key_reused``, the digest was another one there.
            StoreUnavailable: it cannot be known.
        """
        ...


class NullIdempotencyStore(Generic[ResultT]):
    """There is nobody else."""

    async def run_once(
        self, fingerprint: str, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Do it."""
        del fingerprint, digest
        return await operation()


class _Entry(Generic[ResultT]):
    """A request that is being done, or has been: ``answer`` is None if that failed."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        self.result: asyncio.Future[ResultT | None] = asyncio.get_running_loop().create_future()


class Idempotency(Generic[ResultT]):
    """Remembers answers by who asked and with which key; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float], store: IdempotencyStore[ResultT]) -> None:
        self._store = store
        self._entries = TTLCache[RequestKey, _Entry[ResultT]](MAX_KEYS, ANSWER_TTL_S, timer=clock)

    async def run_once(
        self, identity: Identity, key: str, body: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Return what ``do`` returns, or what it returned when this was asked before.

        A repeat that comes while the first is being done waits for it.  What ``do`` raises is
        raised here and not remembered: a repeat does it again.

        Raises:
            ApiError: ``key_reused`` for a key that came with another body, or ``invalid_key``.
        """
        if not (1 <= len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
            message = f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable ASCII characters"
            raise ApiError(ApiErrorCode.INVALID_KEY, message)
        request_key, digest = (identity.tenant_id, identity.user_id, key), sha256(body).digest()
        while (entry := self._entries.get(request_key)) is not None:
            if entry.digest != digest:
                raise key_conflict()
            result = await asyncio.shield(entry.result)
            if result is not None:
                return result
        return await self._run(request_key, digest, operation)

    async def _run(
        self, request_key: RequestKey, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        entry = self._entries[request_key] = _Entry[ResultT](digest)
        try:
            result = await self._store.run_once(_hash(*request_key), digest, operation)
        except BaseException:
            if self._entries.get(request_key) is entry:
                self._entries.pop(request_key, None)
            entry.result.set_result(None)
            raise
        entry.result.set_result(result)
        return result


def key_conflict() -> ApiError:
    """Make the answer to a key that came with another body."""
    return ApiError(ApiErrorCode.KEY_REUSED, "This Idempotency-Key came with another body")


def request_fingerprint(identity: Identity, key: str, body: bytes) -> str:
    """Name a request, repeats included and no other, in 64 characters."""
    return _hash(identity.tenant_id, identity.user_id, key, sha256(body).hexdigest())


def _hash(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
