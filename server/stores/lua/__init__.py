"""The Redis store's scripts about conversations: each is done alone, whole or not at all.

``KEYS[1]`` is what every key of the store begins with, hash tag included, where a script
finds out its keys by itself.
"""

_APPEND_MESSAGE = """
-- `at` is when by the speaker's clock; the order of speaking is counted, as clocks differ.
local function say(id, line, at)
  local conversation = KEYS[1] .. 'conversation:' .. id
  local whose = redis.call('HMGET', conversation, 'tenant_id', 'customer_id')
  local number = redis.call('INCR', KEYS[1] .. 'spoken')
  redis.call('HSET', conversation, 'last', line)
  redis.call('RPUSH', KEYS[1] .. 'lines:' .. id, line)
  redis.call('ZADD', KEYS[1] .. 'talks:' .. whose[1], number, id)
  redis.call('ZADD', KEYS[1] .. 'talks:' .. whose[1] .. ':' .. whose[2], number, id)
  redis.call('ZADD', KEYS[1] .. 'silent_since', at, id)
end
"""

OPEN_CONVERSATION = f"""
-- ARGV: the conversation's id, its first line, when that was said, fields of the conversation.
{_APPEND_MESSAGE}
redis.call('HSET', KEYS[1] .. 'conversation:' .. ARGV[1], unpack(ARGV, 4))
say(ARGV[1], ARGV[2], ARGV[3])
"""

ADD_MESSAGE = f"""
-- ARGV: the conversation's id, a line, when it was said, the agent who speaks or an empty string.
-- Returns 1, or 0 if there is no such conversation.
{_APPEND_MESSAGE}
local conversation = KEYS[1] .. 'conversation:' .. ARGV[1]
if redis.call('EXISTS', conversation) == 0 then
  return 0
end
say(ARGV[1], ARGV[2], ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSETNX', conversation, 'agent_id', ARGV[4])
end
return 1
"""

LIST_CONVERSATIONS = """
-- ARGV: a tenant or "tenant:customer", and the place of the last one wanted, from 0.
-- Returns ids and fields, the latest spoken in first.
local found = {}
for i, id in ipairs(redis.call('ZREVRANGE', KEYS[1] .. 'talks:' .. ARGV[1], 0, ARGV[2])) do
  found[i] = {id, redis.call('HGETALL', KEYS[1] .. 'conversation:' .. id)}
end
return found
"""

PURGE_CONVERSATIONS = """
-- ARGV: the moment, as ZRANGEBYSCORE takes it, and how many at the most.
-- Returns how many conversations were dropped.
local ids = redis.call(
  'ZRANGEBYSCORE', KEYS[1] .. 'silent_since', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local conversation = KEYS[1] .. 'conversation:' .. id
  local whose = redis.call('HMGET', conversation, 'tenant_id', 'customer_id')
  redis.call('DEL', conversation, KEYS[1] .. 'lines:' .. id)
  redis.call('ZREM', KEYS[1] .. 'silent_since', id)
  if whose[1] then
    redis.call('ZREM', KEYS[1] .. 'talks:' .. whose[1], id)
    redis.call('ZREM', KEYS[1] .. 'talks:' .. whose[1] .. ':' .. whose[2], id)
  end
end
return #ids
"""
