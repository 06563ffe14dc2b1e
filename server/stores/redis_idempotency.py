"""First answers that all servers of a cluster know: a repeat may come to another than the first.

A server claims a key before it does what is asked, for as long as that may take; if it is
killed meanwhile, the claim runs out and a repeat does it again.  What was published by then
is not published twice: the broker is told the same ``once``.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from server.redis_client import RedisClient
from server.services.idempotency import ANSWER_TTL_S, key_conflict
from server.stores import lua
from server.stores.base import StoreUnavailable
from server.stores.redis import translating_errors

CLAIM_TTL_S = 10.0  # a claim's; to accept a list takes a few patiences at the most
POLL_INTERVAL_S = 0.05  # while another server does it
ResultT = TypeVar("ResultT")


class RedisIdempotencyStore(Generic[ResultT]):
    """Does once what is asked of any server; waits ``patience_s`` for another that does it.

    One that has not done it within ``lease_s`` is taken for dead.
    """

    def __init__(
        self,
        redis: RedisClient,
        prefix: str,
        timeout_s: float,
        *,
        encode: Callable[[ResultT], bytes],
        decode: Callable[[bytes], ResultT],
        claim_ttl_s: float = CLAIM_TTL_S,
    ) -> None:
        self._encode, self._decode = encode, decode
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._claim_ttl_ms = int(claim_ttl_s * 1000)
        self._claim_script = redis.register_script(lua.CLAIM_REQUEST)
        self._complete_script = redis.register_script(lua.COMPLETE_REQUEST)

    async def run_once(
        self,
        fingerprint: str,
        digest: bytes,
        operation: Callable[[], Awaitable[ResultT]],
    ) -> ResultT:
        """Return what ``do`` returns, or what another server was answered before.

        Raises:
            ApiError: ``key_reused``, the fingerprint came with another digest.
            StoreUnavailable: Redis is away, or another server is still at it.
        """
        key, me = f"{self._prefix}answer:{fingerprint}", secrets.token_hex(8)
        answer = await self._claim_or_wait(key, digest, me)
        if answer is not None:
            return answer
        encoded = b""
        try:
            outcome = await operation()
            encoded = self._encode(outcome)
        finally:
            # If this fails the claim runs out, and a repeat does again what it finds undone.
            with suppress(StoreUnavailable):
                async with translating_errors():
                    await self._complete_script([key], [me, encoded, int(ANSWER_TTL_S * 1000)])
        return outcome

    async def _claim_or_wait(self, key: str, digest: bytes, me: str) -> ResultT | None:
        """Claim a key, or return the answer of whoever had."""
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    async with translating_errors():
                        claimed: Any = await self._claim_script(
                            [key], [digest, me, self._claim_ttl_ms]
                        )
                    if not claimed:
                        return None
                    if claimed[0] != digest:
                        raise key_conflict()
                    if claimed[1]:
                        return self._decode(claimed[1])
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError:
            raise StoreUnavailable("another server has not answered it yet") from None
