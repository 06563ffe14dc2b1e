"""Reads stream positions and missed publications of channels from Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from protocol.redis.streams import (
    READ_HISTORY,
    RedisKeys,
    UnreadablePublications,
    decode_run,
)
from protocol.retention import Retention
from server.redis_client import RedisClient

CHANNELS_PER_CALL = 100  # in one script, which blocks Redis while it runs
TRIM_SLACK = 200  # publications that a log may have over its limit: it is trimmed in blocks


class HistorySlice(Struct, frozen=True):
    """A channel's position, and publications that led to it.

    ``is_complete`` tells whether the log reaches back to the given position; it is None if
    none was given.  ``publications`` are those since that position, also those of the epoch
    that continues its own; or those that are certain to follow a gap; or without a position
    the latest.
    """

    position: StreamPosition
    is_complete: bool | None
    publications: Sequence[Publication]


class HistoryReader:
    """Reads many channels at a time; one without a position gets one, which expires."""

    def __init__(
        self, redis: RedisClient, redis_keys: RedisKeys, retention: Retention, *, sharded: bool
    ) -> None:
        self._redis_keys, self._retention = redis_keys, retention
        self._channels_per_call = 1 if sharded else CHANNELS_PER_CALL
        self._sharded = sharded
        self._script = redis.register_script(READ_HISTORY)

    async def read(
        self,
        channels: Sequence[tuple[Channel, StreamPosition | None]],
        *,
        reset_if_behind: bool = False,
    ) -> list[HistorySlice]:
        """Read channels, each since a position or without one.

        ``reset_if_behind`` is for the positions of this node itself, not of a client: if
        Redis has lost what led to one of them, the channel gets another epoch.

        Raises:
            one of REDIS_ERRORS: Redis does not answer.
        """
        batches = [
            channels[start : start + self._channels_per_call]
            for start in range(0, len(channels), self._channels_per_call)
        ]
        return [
            found
            for batch in await asyncio.gather(
                *(self._read_batch(batch, reset_if_behind) for batch in batches)
            )
            for found in batch
        ]

    async def _read_batch(
        self, channels: Sequence[tuple[Channel, StreamPosition | None]], reset_if_behind: bool
    ) -> list[HistorySlice]:
        keys: list[str] = []
        kept_s, max_items = (
            int(self._retention.max_age_s) + 1,
            self._retention.max_messages + TRIM_SLACK,
        )
        values: list[str | int] = [secrets.token_hex(4), kept_s, max_items]
        values += [int(reset_if_behind), int(self._sharded)]
        for channel, since in channels:
            log, head = self._redis_keys.log_and_head(channel)
            keys += (head, log)
            values += (since.epoch, since.offset) if since else ("", 0)
        answers = await self._script(keys=keys, args=values)
        return [_parse_slice(*answer) for answer in answers]


def _parse_slice(
    epoch: bytes, offset: bytes, reaches: bytes, entries: Sequence[bytes]
) -> HistorySlice:
    publications: list[Publication] = []
    is_complete = None if reaches == b"" else reaches == b"1"
    for entry in reversed(entries):
        try:
            publications += decode_run(entry)
        except UnreadablePublications:  # what is before it does not lead to the position any more
            publications.clear()
            is_complete = is_complete and False
    return HistorySlice(StreamPosition(epoch.decode(), int(offset)), is_complete, publications)
