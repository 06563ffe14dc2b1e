"""How a cluster publishes through Redis: the keys, the script, and what travels.

Servers use it, and so do services that publish through Redis alone: history and delivery
are one script, so neither is had without the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct

from protocol.channels import Channel
from protocol.publications import EVERYONE, Address, Publication, StreamPosition
from protocol.retention import Retention

IDEMPOTENCY_WINDOW_S = 300  # for so long a publication is not published again under the same token
HEAD_TTL_S = 86_400  # for so long it is known where a silent channel stands

PUBLISH = """
-- KEYS[1]: the batch's own key; then a log and a head for each publication.
-- ARGV: when it is too late (ms by this clock, 0: never), an epoch for channels that have
-- none, how long logs and heads are kept (ms, s), the verb; then for each publication the
-- channel, the tap, how many its log keeps, its token, whether the next one may travel in
-- the same message, and the publication.
-- Returns 1, or 0 if it came too late, and nothing was published.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return 0 end
if not redis.call('SET', KEYS[1], '', 'NX', 'EX', 60) then return 1 end
local kept_ms, verb = tonumber(ARGV[3]), ARGV[5]
local run, place, at = {}, nil, 6
for i = 2, #KEYS, 2 do
  local log, head = KEYS[i], KEYS[i + 1]
  local channel, tap, most = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local token, goes_on, parcel = ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  at = at + 6
  if token == '' or redis.call('SET', head .. ':' .. token, '', 'NX', 'EX', ONCE_S) then
    local epoch = redis.call('HGET', head, 'epoch')
    if not epoch then
      epoch = ARGV[2]
      redis.call('HSET', head, 'epoch', epoch)
    end
    local offset = redis.call('HINCRBY', head, 'offset', 1)
    redis.call('EXPIRE', head, ARGV[4])
    local here = epoch .. ' ' .. string.format('%d', offset) .. ' '
    local item = #parcel .. ':' .. parcel
    place = place or here
    run[#run + 1] = item
    if most > 0 then
      redis.call('XADD', log, 'MAXLEN', '~', most, '*', 'm', here .. item)
      if offset % 16 == 0 then redis.call('XTRIM', log, 'MINID', '~', now - kept_ms) end
      redis.call('PEXPIRE', log, kept_ms)
    end
  end
  if goes_on == '' and place then
    local message = place .. table.concat(run)
    redis.call(verb, channel, message)
    if tap ~= '' then redis.call('PUBLISH', tap, message) end
    run, place = {}, nil
  end
end
return 1
""".replace("ONCE_S", str(IDEMPOTENCY_WINDOW_S))

READ_HISTORY = """
-- KEYS: a head and a log for each channel.  ARGV: an epoch for channels that have none, how
-- long they are then remembered (s), how many publications at the most, whether who asks is
-- a server that follows them; then for each channel the epoch and offset from which on it is
-- wanted, or an empty epoch.  A server that has come further than the head shows that the
-- newest publications were lost: another epoch begins, as their offsets would come again.
-- Returns for each: epoch, offset, whether that reaches back to there ('' if not asked), and
-- the publications since or, if not asked or in another epoch, the newest (all, if all are kept).
local answer = {}
for i = 1, #KEYS, 2 do
  local head, log = KEYS[i], KEYS[i + 1]
  local since_epoch, since = ARGV[4 + i], tonumber(ARGV[5 + i])
  local epoch = redis.call('HGET', head, 'epoch')
  if not epoch then
    epoch = ARGV[1]
    redis.call('HSET', head, 'epoch', epoch, 'offset', 0)
  end
  if redis.call('TTL', head) < tonumber(ARGV[2]) then redis.call('EXPIRE', head, ARGV[2]) end
  local offset = tonumber(redis.call('HGET', head, 'offset'))
  if ARGV[4] == '1' and since_epoch == epoch and since > offset then
    epoch, offset = ARGV[1], 0
    redis.call('HSET', head, 'epoch', epoch, 'offset', 0)
    redis.call('DEL', log)
  end
  local reaches, wanted = '', 1
  if since_epoch ~= '' then
    reaches = '1'
    if since_epoch ~= epoch or since > offset then
      reaches, since = '0', 0
    end
    wanted = offset - since
  end
  local entries = {}
  if wanted > 0 and wanted <= tonumber(ARGV[3]) then
    for n, entry in ipairs(redis.call('XREVRANGE', log, '+', '-', 'COUNT', wanted)) do
      entries[n] = entry[2][2]
    end
  end
  if since_epoch ~= '' and #entries < wanted then
    reaches, entries = '0', {}
  end
  answer[#answer + 1] = {epoch, string.format('%d', offset), reaches, entries}
end
return answer
"""


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
