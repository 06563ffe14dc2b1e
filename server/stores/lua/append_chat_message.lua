-- Is loaded before the scripts that append a message to a conversation.
--
-- `at` is the time by the clock of the server that received the message. Clocks differ, so
-- conversations are ordered by a counter.
local function append_chat_message(id, message, at)
  local conversation = KEYS[1] .. 'conversation:' .. id
  local owner = redis.call('HMGET', conversation, 'tenant_id', 'customer_id')
  local number = redis.call('INCR', KEYS[1] .. 'spoken')
  redis.call('HSET', conversation, 'last', message)
  redis.call('RPUSH', KEYS[1] .. 'lines:' .. id, message)
  redis.call('ZADD', KEYS[1] .. 'talks:' .. owner[1], number, id)
  redis.call('ZADD', KEYS[1] .. 'talks:' .. owner[1] .. ':' .. owner[2], number, id)
  redis.call('ZADD', KEYS[1] .. 'silent_since', at, id)
end
