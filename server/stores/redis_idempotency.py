"""The cluster-wide idempotency store: a repeat may go to another node than the first request.

A node claims a request before it runs it.  If the node is killed, the claim expires and a
repeat runs the request again.  Publications that were published by then are not published
twice, because the broker gets the same idempotency key.
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

CLAIM_TTL_S = 10.0  # to publish a list takes a few broker timeouts at most
POLL_INTERVAL_S = 0.05  # while another node runs the request
ResultT = TypeVar("ResultT")


class RedisIdempotencyStore(Generic[ResultT]):
    """Runs each request on one node, and waits ``timeout_s`` for another that runs it.

    A node that has not finished after ``claim_ttl_s`` loses its claim.
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
        """Run the operation, or return its result from another node.

        Raises:
            ApiError: ``key_reused``, the fingerprint came with another digest.
            StoreUnavailable: Redis does not answer, or another node is still running it.
        """
        key, claim_id = f"{self._prefix}answer:{fingerprint}", secrets.token_hex(8)
        result = await self._claim_or_wait(key, digest, claim_id)
        if result is not None:
            return result
        encoded = b""
        try:
            outcome = await operation()
            encoded = self._encode(outcome)
        finally:
            # If this fails, the claim expires and a repeat runs the request again.
            with suppress(StoreUnavailable):
                async with translating_errors():
                    await self._complete_script(
                        [key], [claim_id, encoded, int(ANSWER_TTL_S * 1000)]
                    )
        return outcome

    async def _claim_or_wait(self, key: str, digest: bytes, claim_id: str) -> ResultT | None:
        """Claim a request, or return its result from another node."""
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    async with translating_errors():
                        claimed: Any = await self._claim_script(
                            [key], [digest, claim_id, self._claim_ttl_ms]
                        )
                    if not claimed:
                        return None
                    if claimed[0] != digest:
                        raise key_conflict()
                    if claimed[1]:
                        return self._decode(claimed[1])
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError:
            raise StoreUnavailable("another node has not finished this request") from None
