-- Records whose orders are, all or none, and publishes each change of an owner.
--
-- KEYS[1]: the hash of owners. ARGV: an order's id, "tenant:user", and so on.
-- Returns 0 and the ids of the orders that changed owner; or the number of an order that
-- belongs to another tenant: then nothing was recorded.
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
local result = {0}
for _, id in ipairs(ids) do
  redis.call('HSET', KEYS[1], id, latest[id])
  if before[id] and before[id] ~= latest[id] then
    redis.call('PUBLISH', KEYS[1] .. ':changed', id .. ':' .. latest[id])
    result[#result + 1] = id
  end
end
return result
