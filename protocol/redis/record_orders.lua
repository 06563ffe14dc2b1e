-- Records whose orders are, all or none, and publishes each change of an owner.
--
-- KEYS[1]: the prefix of all keys of the store, hash tag included. ARGV: the time; then an
-- order's id, "tenant:user", and so on. An order is its tenant's: others may have the same id.
-- Returns the numbers of the orders that changed owner, from 1.
local before, owners, last = {}, {}, {}
for i = 2, #ARGV, 2 do
  local tenant, user = ARGV[i + 1]:match('^([^:]*):(.*)$')
  local order = tenant .. ':' .. ARGV[i]
  if not last[order] then
    before[order] = redis.call('HGET', KEYS[1] .. 'orders:' .. tenant, ARGV[i])
    owners[#owners + 1] = order
  end
  last[order] = {number = i / 2, tenant = tenant, id = ARGV[i], user = user}
end
local changed = {}
for _, order in ipairs(owners) do
  local now = last[order]
  redis.call('HSET', KEYS[1] .. 'orders:' .. now.tenant, now.id, now.user)
  redis.call('ZADD', KEYS[1] .. 'orders_by_change', ARGV[1], order)
  if before[order] and before[order] ~= now.user then
    redis.call('PUBLISH', KEYS[1] .. 'orders:changed', now.id .. ':' .. now.tenant .. ':' .. now.user)
    changed[#changed + 1] = now.number
  end
end
return changed
