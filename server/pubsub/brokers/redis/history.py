"""Reads stream positions and missed publications of channels from Redis."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from itertools import count
from typing import Any

from msgspec import Struct
from redis.asyncio import RedisCluster

from protocol.channels import Channel
from protocol.publications import Publication, StreamPosition
from protocol.redis.initial_epoch import (
    NEVER_CONTINUED,
    data_id_of,
    is_initial,
    period_part,
)
from protocol.redis.streams import (
    HEAD_TTL_S,
    READ_HISTORY,
    RedisKeys,
    UnreadablePublications,
    decode_publications,
)
from protocol.retention import Retention
from server.redis_client import RedisClient

CHANNELS_PER_CALL = 100  # in one script, which blocks Redis while it runs
TRIM_SLACK = 200  # publications that a log may have over its limit: it is trimmed in blocks


class HistorySlice(Struct, frozen=True):
    """A channel's position, and publications that led to it.

    ``is_complete`` is whether the log reaches back to the position that was given, and is
    None if none was.  ``publications`` are

    - if it is True, those since that position, also in the epoch that continues its own;
    - if it is False, those that are certain to follow the gap;
    - if it is None, the latest.
    """

    position: StreamPosition
    is_complete: bool | None
    publications: Sequence[Publication]


class HistoryReader:
    """Reads many channels at a time."""

    def __init__(
        self, redis: RedisClient, redis_keys: RedisKeys, retention: Retention, *, sharded: bool
    ) -> None:
        self._redis, self._redis_keys, self._retention = redis, redis_keys, retention
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
        answers = await self._call_script(channels, reset_if_behind)
        epochs = [epoch.decode() for epoch, *_ in answers]
        epochs += [since.epoch for _, since in channels if since]
        if not any(map(is_initial, epochs)):
            return [_parse_slice("", *answer) for answer in answers]
        # It is read after the script: if Redis has not lost its data now, it had not then.
        data_id = await self._data_id(channels[0][0])
        known = [(channel, since and _known(since, data_id)) for channel, since in channels]
        if known != list(channels):
            answers = await self._call_script(known, reset_if_behind)
        return [_parse_slice(data_id, *answer) for answer in answers]

    async def _call_script(
        self, channels: Sequence[tuple[Channel, StreamPosition | None]], reset_if_behind: bool
    ) -> list[Any]:
        keys: list[str] = []
        kept_s, max_items = (
            int(self._retention.max_age_s) + 1,
            self._retention.max_messages + TRIM_SLACK,
        )
        values: list[str | int] = [secrets.token_hex(4), kept_s, max_items]
        values += [int(reset_if_behind), int(self._sharded), HEAD_TTL_S]
        for channel, since in channels:
            log, head = self._redis_keys.log_and_head(channel)
            keys += (head, log)
            values += (period_part(since.epoch), since.offset) if since else ("", 0)
        answers: list[Any] = await self._script(keys=keys, args=values)
        return answers

    async def _data_id(self, channel: Channel) -> str:
        """Return the id of the data of the Redis that has this channel."""
        key = self._data_id_key(channel)
        found: Any = await self._redis.get(key)
        while found is None:
            await self._redis.set(key, secrets.token_hex(4), nx=True)
            found = await self._redis.get(key)
        data_id: str = found.decode()
        return data_id

    def _data_id_key(self, channel: Channel) -> str:
        if not isinstance(self._redis, RedisCluster):
            return self._redis_keys.data_id(0)
        node_of = self._redis.get_node_from_key
        shard = node_of(self._redis_keys.channel(channel))
        return next(key for key in map(self._redis_keys.data_id, count()) if node_of(key) == shard)


def _known(since: StreamPosition, data_id: str) -> StreamPosition:
    """Return a position, or if it is an initial one in other data, one that has no stream."""
    is_lost = is_initial(since.epoch) and data_id_of(since.epoch) != data_id
    return StreamPosition(NEVER_CONTINUED, since.offset) if is_lost else since


def _parse_slice(
    data_id: str, epoch: bytes, offset: bytes, reaches: bytes, entries: Sequence[bytes]
) -> HistorySlice:
    name = epoch.decode()
    position = StreamPosition(data_id + name if is_initial(name) else name, int(offset))
    publications: list[Publication] = []
    is_complete = None if reaches == b"" else reaches == b"1"
    for entry in reversed(entries):
        try:
            publications += decode_publications(entry)
        except UnreadablePublications:  # what is before it does not lead to the position any more
            publications.clear()
            is_complete = None if is_complete is None else False
    return HistorySlice(position, is_complete, publications)
