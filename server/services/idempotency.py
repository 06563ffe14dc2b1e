"""``Idempotency-Key``: a repeated request runs once and gets the first result again.

The results of this process are in memory; those of other nodes are in an
``IdempotencyStore``.
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
MAX_KEYS = 10_000  # of a tenant, about 6 MB; the least recently used is dropped first
MAX_KEY_LENGTH = 255  # characters
ResultT = TypeVar("ResultT")
RequestKey = tuple[str, str, str]


class IdempotencyStore(Protocol[ResultT]):
    """Cluster-wide idempotency store."""

    async def run_once(
        self, fingerprint: str, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Run the operation, or return its result from another node.

        Raises:
            ApiError: ``key_reused``, the request had another digest there.
            StoreUnavailable: it is not known whether another node has run it.
        """
        ...


class NullIdempotencyStore(Generic[ResultT]):
    """No-op store for a single node."""

    async def run_once(
        self, fingerprint: str, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Run the operation."""
        del fingerprint, digest
        return await operation()


class _Entry(Generic[ResultT]):
    """A request in progress or done: ``result`` is None if it was refused or failed."""

    def __init__(self, digest: bytes) -> None:
        self.digest = digest
        self.result: asyncio.Future[ResultT | None] = asyncio.get_running_loop().create_future()


class Idempotency(Generic[ResultT]):
    """Remembers results by user and key; ``clock`` is in seconds.

    Each tenant has its own limit, and a request in progress is never dropped.
    """

    def __init__(self, clock: Callable[[], float], store: IdempotencyStore[ResultT]) -> None:
        self._clock, self._store = clock, store
        self._in_progress: dict[RequestKey, _Entry[ResultT]] = {}
        self._done: dict[str, TTLCache[RequestKey, _Entry[ResultT]]] = {}

    async def run_once(
        self, identity: Identity, key: str, body: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Run the operation, or return its result if the request is a repeat.

        A repeat waits for a request in progress.  An exception of the operation, such as the
        refusal of a request, is raised here and not remembered: a repeat runs it again.

        Raises:
            ApiError: ``key_reused`` for a key that was used with another body; ``invalid_key``.
        """
        if not (1 <= len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
            message = f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable ASCII characters"
            raise ApiError(ApiErrorCode.INVALID_KEY, message)
        request_key, digest = (identity.tenant_id, identity.user_id, key), sha256(body).digest()
        while (entry := self._find(request_key)) is not None:
            if entry.digest != digest:
                raise key_conflict()
            result = await asyncio.shield(entry.result)
            if result is not None:
                return result
        return await self._run(request_key, digest, operation)

    async def _run(
        self, request_key: RequestKey, digest: bytes, operation: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        entry = self._in_progress[request_key] = _Entry[ResultT](digest)
        result: ResultT | None = None
        try:
            result = await self._store.run_once(_hash(*request_key), digest, operation)
            self._done_of(request_key[0])[request_key] = entry
        finally:
            del self._in_progress[request_key]
            entry.result.set_result(result)
        return result

    def _find(self, request_key: RequestKey) -> _Entry[ResultT] | None:
        if request_key in self._in_progress:
            return self._in_progress[request_key]
        done = self._done.get(request_key[0])
        return None if done is None else done.get(request_key)

    def _done_of(self, tenant_id: str) -> TTLCache[RequestKey, _Entry[ResultT]]:
        if tenant_id not in self._done:
            for other, done in list(self._done.items()):
                done.expire()
                if not done:
                    del self._done[other]
            self._done[tenant_id] = TTLCache(MAX_KEYS, ANSWER_TTL_S, timer=self._clock)
        return self._done[tenant_id]


def key_conflict() -> ApiError:
    """Make the error for a key that was used with another body."""
    return ApiError(ApiErrorCode.KEY_REUSED, "This Idempotency-Key came with another body")


def request_fingerprint(identity: Identity, key: str, body: bytes) -> str:
    """Return 64 characters that identify a request and its repeats."""
    return _hash(identity.tenant_id, identity.user_id, key, sha256(body).hexdigest())


def _hash(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
