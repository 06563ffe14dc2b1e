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
from typing import Any

import msgspec
from msgspec import Struct, field

from protocol.publications import Accepted
from server.idempotency import REMEMBERED_S, reused
from server.redis_link import Link
from server.replies import Problem
from server.stores.base import StoreUnavailable
from server.stores.redis import or_unavailable

LEASE_S = 10.0  # a claim's; to accept a list takes a few patiences at the most
ASK_EVERY_S = 0.05  # while another server does it

CLAIM = """
-- KEYS[1]: the first of a key.  ARGV: the body's digest, who claims, the lease in ms.
-- Returns nothing to whoever is to do it, else the first body's digest and the answer so far.
if redis.call('HSETNX', KEYS[1], 'digest', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'by', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {}
end
return {redis.call('HGET', KEYS[1], 'digest'), redis.call('HGET', KEYS[1], 'answer') or ''}
"""
SETTLE = """
-- ARGV: who claimed, the answer, for how many ms it stands.  No answer: somebody else may try.
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[1] then
  return
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'answer', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
"""


class _Kept(Struct, frozen=True, omit_defaults=True):
    """An answer as it is kept: what was accepted, or what a ``Problem`` is made of."""

    accepted: Accepted | None = None
    problem: tuple[int, str, str, int | None] | None = field(default=None, name="problem")


_kept = msgspec.json.Decoder(_Kept)


class SharedAnswers:
    """Does once what is asked of any server; waits ``patience_s`` for another that does it.

    One that has not done it within ``lease_s`` is taken for dead.
    """

    def __init__(
        self, link: Link, prefix: str, patience_s: float, lease_s: float = LEASE_S
    ) -> None:
        self._prefix = prefix
        self._patience_s = patience_s
        self._lease_ms = int(lease_s * 1000)
        self._claim = link.register_script(CLAIM)
        self._settle = link.register_script(SETTLE)

    async def once(
        self, name: str, digest: bytes, do: Callable[[], Awaitable[Accepted | Problem]]
    ) -> Accepted | Problem:
        """Return what ``do`` returns, or what another server was answered before.

        Raises:
            Problem: 409, the name came with another digest.
            StoreUnavailable: Redis is away, or another server is still at it.
        """
        key, me = f"{self._prefix}answer:{name}", secrets.token_hex(8)
        answer = await self._claimed(key, digest, me)
        if answer is not None:
            return answer
        settled = b""
        try:
            outcome = await do()
            settled = _write(outcome)
        finally:
            # If this fails the claim runs out, and a repeat does again what it finds undone.
            with suppress(StoreUnavailable):
                async with or_unavailable():
                    await self._settle([key], [me, settled, int(REMEMBERED_S * 1000)])
        return outcome

    async def _claimed(self, key: str, digest: bytes, me: str) -> Accepted | Problem | None:
        """Claim a key, or return the answer of whoever had."""
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    async with or_unavailable():
                        first: Any = await self._claim([key], [digest, me, self._lease_ms])
                    if not first:
                        return None
                    if first[0] != digest:
                        raise reused()
                    if first[1]:
                        return _read(first[1])
                    await asyncio.sleep(ASK_EVERY_S)
        except TimeoutError:
            raise StoreUnavailable("another server has not answered it yet") from None


def _write(outcome: Accepted | Problem) -> bytes:
    if isinstance(outcome, Accepted):
        return msgspec.json.encode(_Kept(accepted=outcome))
    problem = (outcome.status, outcome.code, outcome.message, outcome.index)
    return msgspec.json.encode(_Kept(problem=problem))


def _read(answer: bytes) -> Accepted | Problem:
    kept = _kept.decode(answer)
    if kept.problem is not None:
        return Problem(*kept.problem)
    return kept.accepted or Accepted(0, 0)
