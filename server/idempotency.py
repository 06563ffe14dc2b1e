"""``Idempotency-Key``: a request that is repeated gets its first answer, and is done once.

Knows neither HTTP nor what is done.  The answers that this process gave are its own; who
else may have given one is asked through ``Elsewhere``.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from server.identity import Identity
from server.replies import Problem

REMEMBERED_S = 300.0  # as the protocol promises
MOST_KEYS = 10_000  # remembered, about 6 MB; beyond them the oldest is forgotten
LONGEST_KEY = 255  # characters
T = TypeVar("T")
Key = tuple[str, str, str]


class Elsewhere(Protocol[T]):
    """Where else something may be done, or have been."""

    async def once(self, name: str, digest: bytes, do: Callable[[], Awaitable[T]]) -> T:
        """Return what ``do`` returns, or what it returned elsewhere under the same name.

        Raises:
            Problem: 409, it was another digest there.
            StoreUnavailable: it cannot be known.
        """
        ...


class Nowhere(Generic[T]):
    """There is nobody else."""

    async def once(self, name: str, digest: bytes, do: Callable[[], Awaitable[T]]) -> T:
        """Do it."""
        del name, digest
        return await do()


class _First(Generic[T]):
    """A request that is being done, or has been: ``answer`` is None if that failed."""

    def __init__(self, digest: bytes, until: float) -> None:
        self.digest, self.until = digest, until
        self.answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()


class Idempotency(Generic[T]):
    """Remembers answers by who asked and with which key; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float], elsewhere: Elsewhere[T]) -> None:
        self._clock = clock
        self._elsewhere = elsewhere
        self._firsts: OrderedDict[Key, _First[T]] = OrderedDict()

    async def once(self, who: Identity, key: str, body: bytes, do: Callable[[], Awaitable[T]]) -> T:
        """Return what ``do`` returns, or what it returned when this was asked before.

        A repeat that comes while the first is being done waits for it.  What ``do`` raises is
        raised here and not remembered: a repeat does it again.

        Raises:
            Problem: 409 for a key that came with another body, 422 for one that is none.
        """
        if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
            message = f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters"
            raise Problem(422, "invalid_key", message)
        whose, digest = (who.tenant_id, who.user_id, key), sha256(body).digest()
        while (first := self._find(whose)) is not None:
            if first.digest != digest:
                raise reused()
            answer = await asyncio.shield(first.answer)
            if answer is not None:
                return answer
        return await self._do(whose, digest, do)

    async def _do(self, whose: Key, digest: bytes, do: Callable[[], Awaitable[T]]) -> T:
        first = self._firsts[whose] = _First[T](digest, self._clock() + REMEMBERED_S)
        if len(self._firsts) > MOST_KEYS:
            self._firsts.popitem(last=False)
        try:
            answer = await self._elsewhere.once(_name(*whose), digest, do)
        except BaseException:
            if self._firsts.get(whose) is first:
                del self._firsts[whose]
            first.answer.set_result(None)
            raise
        first.answer.set_result(answer)
        return answer

    def _find(self, whose: Key) -> _First[T] | None:
        now = self._clock()
        while self._firsts and next(iter(self._firsts.values())).until <= now:
            self._firsts.popitem(last=False)
        return self._firsts.get(whose)


def reused() -> Problem:
    """Make the answer to a key that came with another body."""
    return Problem(409, "key_reused", "This Idempotency-Key came with another body")


def in_one_word(who: Identity, key: str, body: bytes) -> str:
    """Name a request, repeats included and no other, in 64 characters."""
    return _name(who.tenant_id, who.user_id, key, sha256(body).hexdigest())


def _name(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
