-- Publishes a batch: appends it to the logs of its channels and sends it by Pub/Sub.
--
-- KEYS[1]: the batch; then a log and a head for each publication.
-- ARGV: the deadline (ms by the clock of Redis, 0: none), an epoch for channels without one,
-- how long logs and heads are kept (ms, s), the command that publishes; then for each
-- publication its channel, its tenant's mirror, how many publications its log keeps, its token,
-- whether the next one is for the same channel and goes into the same message, and the
-- publication itself.
-- Returns 1, or 0 if the deadline has passed: then nothing was published.
--
-- A batch that is sent again within a minute is not published again, and neither is a
-- publication with the same token within this time:
local IDEMPOTENCY_WINDOW_S = 300

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then return 0 end
if not redis.call('SET', KEYS[1], '', 'NX', 'EX', 60) then return 1 end
local kept_ms, verb = tonumber(ARGV[3]), ARGV[5]
local run, position, at = {}, nil, 6
for i = 2, #KEYS, 2 do
  local log, head = KEYS[i], KEYS[i + 1]
  local channel, mirror, most = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local token, is_continued, publication = ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  at = at + 6
  local token_key = head .. ':' .. token
  if token == '' or redis.call('SET', token_key, '', 'NX', 'EX', IDEMPOTENCY_WINDOW_S) then
    local epoch = stream_epoch(head, ARGV[2], verb == 'SPUBLISH', current_period(ARGV[4]))
    local offset = redis.call('HINCRBY', head, 'offset', 1)
    redis.call('EXPIRE', head, ARGV[4])
    local here = epoch .. ' ' .. string.format('%d', offset) .. ' '
    local item = #publication .. ':' .. publication
    position = position or here
    run[#run + 1] = item
    if most > 0 then
      redis.call('XADD', log, 'MAXLEN', '~', most, '*', 'm', here .. item)
      if offset % 16 == 0 then redis.call('XTRIM', log, 'MINID', '~', now - kept_ms) end
      redis.call('PEXPIRE', log, kept_ms)
    end
  end
  if is_continued == '' and position then
    local message = position .. table.concat(run)
    redis.call(verb, channel, message)
    if mirror ~= '' then redis.call('PUBLISH', mirror, message) end
    run, position = {}, nil
  end
end
return 1
