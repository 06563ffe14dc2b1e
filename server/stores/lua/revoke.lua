-- Stores a revocation, unless a later one of the same user is known.
--
-- KEYS[1]: the revocations. ARGV: the user's field, the time.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or tonumber(known) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
