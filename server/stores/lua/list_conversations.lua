-- Lists conversations, those with the latest messages first.
--
-- ARGV: a tenant or "tenant:customer", and the index of the last one to list, from 0.
-- Returns ids and fields.
local found = {}
for i, id in ipairs(redis.call('ZREVRANGE', KEYS[1] .. 'talks:' .. ARGV[1], 0, ARGV[2])) do
  found[i] = {id, redis.call('HGETALL', KEYS[1] .. 'conversation:' .. id)}
end
return found
