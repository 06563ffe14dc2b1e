"""How a cluster publishes through Redis: the keys, the script, and what travels.

Servers use it, and so do services that publish through Redis alone: history and delivery
are one script, so neither is had without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import groupby

import msgspec
from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import EVERYONE, Address, Publication, StreamPosition
from protocol.retention import Retention

HEAD_TTL_S = 86_400  # how long the position of a channel without publications is kept

PUBLISH = (files("protocol.redis") / "publish.lua").read_text("utf-8")
READ_HISTORY = (files("protocol.redis") / "read_history.lua").read_text("utf-8")


class StoredPublication(Struct, frozen=True, array_like=True):
    """A publication as it travels; its place travels before it."""

    to: str
    type: str
    message: bytes
    tenant: str
    accepted_at: float
    tenant_only: bool
    exclude_subscribers_of: str
    exclude_connection: str


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredPublication)


class RedisKeys:
    """What things are called in Redis; one hash tag a channel."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def channel(self, to: Address) -> str:
        """Return the Pub/Sub channel of an address, with which its keys begin."""
        return f"{self._prefix}{{{to}}}"

    def tap_channel(self, tenant: str) -> str:
        """Return the Pub/Sub channel on which all of a tenant's publications are told."""
        return f"{self._prefix}tap:{tenant}"

    def log_and_head(self, to: Address) -> tuple[str, str]:
        """Return the keys of an address' log and of its head."""
        name = self.channel(to)
        return f"{name}:log", f"{name}:head"

    def batch_key(self, to: Address, id: str) -> str:
        """Return the key under which a batch that begins with this address is known."""
        return f"{self.channel(to)}:batch:{id}"


class ScriptCall(Struct, frozen=True):
    """The keys and arguments of one call of ``PUBLISH``."""

    keys: list[str]
    args: list[str | int | bytes]


def make_publish_call(
    id: str,
    items: Sequence[tuple[Publication, str]],
    *,
    redis_keys: RedisKeys,
    retention: Retention,
    epoch: str,
    deadline_ms: int = 0,
    sharded: bool = False,
) -> ScriptCall:
    """Write a call that publishes these, each under its token unless that is empty.

    ``id`` is the batch's own: a call that is repeated within a minute changes nothing.
    """
    first = items[0][0].to
    keys = [redis_keys.batch_key(first, id)]
    values: list[str | int | bytes] = [deadline_ms, epoch, int(retention.max_age_s * 1000)]
    # What is for everyone is told by all shards.
    values += [HEAD_TTL_S, "SPUBLISH" if sharded and isinstance(first, Channel) else "PUBLISH"]
    for to, same in groupby(items, key=lambda item: (item[0].to, item[0].tenant)):
        run = list(same)
        for number, (publication, token) in enumerate(run, start=1):
            keys += redis_keys.log_and_head(to[0])
            values += [
                redis_keys.channel(to[0]),
                redis_keys.tap_channel(to[1]) if to[1] else "",
                retention.max_messages_for(to[0]),
            ]
            values += [
                token,
                "" if number == len(run) else "1",
                _encoder.encode(_to_stored(publication)),
            ]
    return ScriptCall(keys, values)


def split_by_address(
    items: Iterable[tuple[Publication, str]],
) -> list[list[tuple[Publication, str]]]:
    """Divide for a Redis Cluster, where the keys of one script live in one place."""
    parts: dict[Address, list[tuple[Publication, str]]] = {}
    for item in items:
        parts.setdefault(item[0].to, []).append(item)
    return list(parts.values())


def decode_run(data: bytes) -> list[Publication]:
    """Read what came by Pub/Sub or from a log: neighbours of one address.

    Raises:
        ValueError: it is none of ours.
    """
    epoch, offset, rest = data.split(b" ", 2)
    return list(_decode_items(epoch.decode(), int(offset), rest))


def _to_stored(publication: Publication) -> StoredPublication:
    return StoredPublication(
        str(publication.to),
        publication.type,
        publication.message,
        publication.tenant,
        publication.accepted_at,
        publication.tenant_only,
        str(publication.exclude_subscribers_of or ""),
        publication.exclude_connection,
    )


def _decode_items(epoch: str, offset: int, rest: bytes) -> Iterable[Publication]:
    start = 0
    while start < len(rest):
        colon = rest.index(b":", start)
        end = colon + 1 + int(rest[start:colon])
        stored = _decoder.decode(rest[colon + 1 : end])
        yield Publication(
            to=EVERYONE if stored.to == EVERYONE.value else Channel.parse(stored.to),
            type=stored.type,
            message=stored.message,
            tenant=stored.tenant,
            accepted_at=stored.accepted_at,
            tenant_only=stored.tenant_only,
            exclude_subscribers_of=Channel.parse(stored.exclude_subscribers_of)
            if stored.exclude_subscribers_of
            else None,
            exclude_connection=stored.exclude_connection,
            position=StreamPosition(epoch, offset),
        )
        start, offset = end, offset + 1
