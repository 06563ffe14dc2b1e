"""Reads from Redis where channels stand, and what was published on them since."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from msgspec import Struct

from protocol.bounds import Bounds
from protocol.channels import Channel
from protocol.publications import Position, Publication
from protocol.redis_log import LOOK, Names, read
from server.redis_link import Link

AT_ONCE = 100  # channels in one script, which keeps Redis from all else
SPARE = 200  # publications more than asked for that a log may have: it is cut in blocks


class Found(Struct, frozen=True):
    """Where a channel stands.

    ``reaches`` tells whether the log reaches back to the position asked from, or is None.
    ``since`` is then what came since; of another epoch all, if all is kept; if no position
    was given, the newest.
    """

    position: Position
    reaches: bool | None
    since: Sequence[Publication]


class LogReader:
    """Asks about many channels at a time; one that has no head is given one for a while."""

    def __init__(self, link: Link, names: Names, bounds: Bounds, *, sharded: bool) -> None:
        self._names, self._bounds = names, bounds
        self._at_once = 1 if sharded else AT_ONCE
        self._script = link.register_script(LOOK)

    async def look(
        self, channels: Sequence[tuple[Channel, Position | None]], *, followed: bool = False
    ) -> list[Found]:
        """Look up channels, each since a position or not.

        ``followed`` says that the positions are this server's own and no client's: where
        Redis has lost what led to one of them, another epoch then begins.

        Raises:
            one of FAILURES: Redis does not answer.
        """
        batches = [
            channels[start : start + self._at_once]
            for start in range(0, len(channels), self._at_once)
        ]
        return [
            found
            for batch in await asyncio.gather(*(self._ask(batch, followed) for batch in batches))
            for found in batch
        ]

    async def _ask(
        self, channels: Sequence[tuple[Channel, Position | None]], followed: bool
    ) -> list[Found]:
        keys: list[str] = []
        kept_s, most = int(self._bounds.seconds) + 1, self._bounds.messages + SPARE
        values: list[str | int] = [secrets.token_hex(4), kept_s, most, int(followed)]
        for channel, since in channels:
            log, head = self._names.keys(channel)
            keys += (head, log)
            values += (since.epoch, since.offset) if since else ("", 0)
        answers = await self._script(keys=keys, args=values)
        return [_found(*answer) for answer in answers]


def _found(epoch: bytes, offset: bytes, reaches: bytes, entries: Sequence[bytes]) -> Found:
    return Found(
        Position(epoch.decode(), int(offset)),
        None if reaches == b"" else reaches == b"1",
        [publication for entry in reversed(entries) for publication in read(entry)],
    )
