-- Claims a request, so that one server alone processes it.
--
-- KEYS[1]: the request. ARGV: the digest of its body, who claims it, for how long (ms).
-- Returns nothing if the claim succeeds; else the digest of the first body, and the outcome
-- or an empty text if there is none yet.
if redis.call('HSETNX', KEYS[1], 'digest', ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], 'by', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {}
end
return {redis.call('HGET', KEYS[1], 'digest'), redis.call('HGET', KEYS[1], 'answer') or ''}
