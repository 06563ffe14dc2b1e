"""How a cluster keeps in Redis whose an order is: one key, and one script that writes it.

Servers use it, and so do services that publish through Redis alone: one rule for all.
"""

from __future__ import annotations

RECORD_ORDERS = """
-- KEYS[1]: the orders.  ARGV: id, "tenant:user", and so on.
-- Returns 0 and the ids that change hands, or the number of one that another tenant has:
-- then none was recorded.
local before, latest, ids = {}, {}, {}
for i = 1, #ARGV, 2 do
  local id, owner = ARGV[i], ARGV[i + 1]
  if not latest[id] then
    before[id] = redis.call('HGET', KEYS[1], id)
    ids[#ids + 1] = id
  end
  local known = latest[id] or before[id]
  if known and known:match('^[^:]*') ~= owner:match('^[^:]*') then
    return {(i + 1) / 2}
  end
  latest[id] = owner
end
local answer = {0}
for _, id in ipairs(ids) do
  redis.call('HSET', KEYS[1], id, latest[id])
  if before[id] and before[id] ~= latest[id] then
    redis.call('PUBLISH', KEYS[1] .. ':changed', id .. ':' .. latest[id])
    answer[#answer + 1] = id
  end
end
return answer
"""


def orders_key(prefix: str) -> str:
    """Return the key of the hash from order ids to owners."""
    return f"{prefix}{{store}}:orders"


def owner_changes_channel(prefix: str) -> str:
    """Return the channel that is told of each order that changes hands: ``id:tenant:user``."""
    return f"{orders_key(prefix)}:changed"


def encode_owner(tenant_id: str, user_id: str) -> str:
    """Write whose an order is: both are keys of channels, which have no colon."""
    return f"{tenant_id}:{user_id}"
