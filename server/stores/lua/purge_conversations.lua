-- Deletes conversations without recent messages.
--
-- ARGV: the time before which the last message was, as ZRANGEBYSCORE takes it, and how many
-- to delete at most.
-- Returns how many were deleted.
local ids = redis.call(
  'ZRANGEBYSCORE', KEYS[1] .. 'silent_since', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local conversation = KEYS[1] .. 'conversation:' .. id
  local owner = redis.call('HMGET', conversation, 'tenant_id', 'customer_id')
  redis.call('DEL', conversation, KEYS[1] .. 'lines:' .. id)
  redis.call('ZREM', KEYS[1] .. 'silent_since', id)
  if owner[1] then
    redis.call('ZREM', KEYS[1] .. 'talks:' .. owner[1], id)
    redis.call('ZREM', KEYS[1] .. 'talks:' .. owner[1] .. ':' .. owner[2], id)
  end
end
return #ids
