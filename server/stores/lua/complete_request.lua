-- Stores the outcome of a request that was claimed, or gives up the claim.
--
-- KEYS[1]: the request. ARGV: who claimed it, the outcome, for how long it is kept (ms).
-- Without an outcome another server may claim the request. If the claim has expired and is
-- another server's, nothing changes.
if redis.call('HGET', KEYS[1], 'by') ~= ARGV[1] then
  return
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'answer', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
