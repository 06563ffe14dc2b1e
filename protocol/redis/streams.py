"""How a cluster publishes through Redis: keys, scripts and the format of publications.

One script stores a publication in the history and delivers it, so that neither happens
without the other.
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

HEAD_TTL_S = 86_400  # how long the position of a channel is kept after its latest publication


def _read_scripts(*names: str) -> str:
    return "".join((files("protocol.redis") / name).read_text("utf-8") for name in names)


PUBLISH = _read_scripts("stream_epoch.lua", "append_to_stream.lua")
READ_HISTORY = _read_scripts("stream_epoch.lua", "read_history.lua")


class UnreadablePublications(ValueError):
    """Publications in a format that this version does not know."""


class StoredPublication(Struct, frozen=True, array_like=True):
    """A publication as it is sent and stored, after its stream position."""

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
    """The names of keys and channels in Redis; each channel has its own hash tag."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def channel(self, to: Address) -> str:
        """Return the Pub/Sub channel of an address; the names of its keys start with it."""
        return f"{self._prefix}{{{_internal_name(to)}}}"

    def mirror_channel(self, tenant: str) -> str:
        """Return the Pub/Sub channel that gets all publications of a tenant as well."""
        return f"{self._prefix}tap:{tenant}"  # as nodes of earlier versions call it

    def log_and_head(self, to: Address) -> tuple[str, str]:
        """Return the keys of the log and of the head of an address."""
        name = self.channel(to)
        return f"{name}:log", f"{name}:head"

    def data_id(self, number: int) -> str:
        """Return the key of an id that is lost with the data of Redis.

        Each shard of a Redis Cluster has one, with the first number whose key belongs to it.
        """
        return f"{self._prefix}{{{number}}}:data-id"

    def batch_key(self, to: Address, id: str) -> str:
        """Return the key of a batch that starts with this address."""
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
    """Make a call that publishes these, each under its token unless that is empty.

    ``id`` identifies the batch: a call that is repeated within a minute changes nothing.
    """
    first = items[0][0].to
    keys = [redis_keys.batch_key(first, id)]
    values: list[str | int | bytes] = [deadline_ms, epoch, int(retention.max_age_s * 1000)]
    # Only channels are sharded: what is for everyone is published to all shards.
    values += [HEAD_TTL_S, "SPUBLISH" if sharded and isinstance(first, Channel) else "PUBLISH"]
    for (to, tenant), same in groupby(items, key=lambda item: (item[0].to, item[0].tenant)):
        run = list(same)
        for number, (publication, token) in enumerate(run, start=1):
            keys += redis_keys.log_and_head(to)
            values += [
                redis_keys.channel(to),
                redis_keys.mirror_channel(tenant) if tenant else "",
                retention.max_messages_for(to),
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
    """Split for a Redis Cluster, where all keys of a script must be on one node."""
    parts: dict[Address, list[tuple[Publication, str]]] = {}
    for item in items:
        parts.setdefault(item[0].to, []).append(item)
    return list(parts.values())


def decode_publications(data: bytes) -> list[Publication]:
    """Decode publications from Pub/Sub or a log: consecutive ones of one address.

    Raises:
        UnreadablePublications: it has another format, or names what this version does not know.
    """
    try:
        epoch, offset, rest = data.split(b" ", 2)
        return list(_decode_items(epoch.decode(), int(offset), rest))
    except Exception as why:  # it may be anything: whoever reaches Redis can send it
        raise UnreadablePublications(str(why) or type(why).__name__) from why


def _internal_name(to: Address) -> str:
    return to.internal_name if isinstance(to, Channel) else str(to)


def _to_stored(publication: Publication) -> StoredPublication:
    return StoredPublication(
        _internal_name(publication.to),
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
            to=EVERYONE if stored.to == EVERYONE.value else Channel.from_internal_name(stored.to),
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
