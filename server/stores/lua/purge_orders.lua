-- Deletes orders that have not changed for long.
--
-- ARGV: the time before which the last change was, as ZRANGEBYSCORE takes it, and how many to
-- delete at most.
-- Returns how many were deleted.
local orders = redis.call(
  'ZRANGEBYSCORE', KEYS[1] .. 'orders_by_change', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, order in ipairs(orders) do
  local tenant, id = order:match('^([^:]*):(.*)$')
  redis.call('HDEL', KEYS[1] .. 'orders:' .. tenant, id)
  redis.call('ZREM', KEYS[1] .. 'orders_by_change', order)
end
return #orders
