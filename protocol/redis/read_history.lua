-- Returns where channels stand, and what was published on them since a position.
--
-- KEYS: a head and a log for each channel.
-- ARGV: a new epoch, how long a head that is used is kept at least (s), how many publications
-- at most, whether the caller is a server that follows these channels, whether this is a Redis
-- Cluster, how long a head is kept after a publication (s); then for each channel the epoch
-- and offset of a position, or an empty epoch.
-- Returns for each channel its epoch, its offset, whether the log is complete since the
-- position ('' without one), and the publications since, newest first. Without a position
-- that is the newest one; for a position of another epoch all, if the log has all.
--
-- A channel without a stream stays without one: anybody may ask for any channel. But a server
-- that is ahead of the head, or knows a stream that has none, shows that the newest
-- publications were lost. Their offsets would be given again, so another epoch starts.
local period = current_period(ARGV[6])
local result = {}
for i = 1, #KEYS, 2 do
  local head, log = KEYS[i], KEYS[i + 1]
  local since_epoch, since = ARGV[6 + i], tonumber(ARGV[7 + i])
  local since_period = tonumber(since_epoch:match('^%-(%d+)$'))
  local is_server_ahead = ARGV[4] == '1' and since_epoch ~= '' and not since_period
  local epoch, offset, began, previous_epoch, shared = '-' .. string.format('%d', period), 0, period
  if redis.call('EXISTS', head) == 1 then
    epoch = stream_epoch(head, ARGV[1], ARGV[5] == '1')
    if redis.call('TTL', head) < tonumber(ARGV[2]) then redis.call('EXPIRE', head, ARGV[2]) end
    offset, began, previous_epoch, shared =
      unpack(redis.call('HMGET', head, 'offset', 'began', 'previous_epoch', 'previous_offset'))
    offset, began = tonumber(offset), tonumber(began)
  elseif is_server_ahead then
    epoch, began = stream_epoch(head, ARGV[1], ARGV[5] == '1'), nil
    redis.call('EXPIRE', head, ARGV[6])
  end
  if since_period and began and (since_period == began or since_period == began - 1) then
    since_epoch = previous_epoch or epoch
  end
  local is_previous = previous_epoch and since_epoch == previous_epoch
  if is_previous and since <= tonumber(shared) then since_epoch = epoch end
  if is_server_ahead and since_epoch == epoch and since > offset then
    epoch, offset = ARGV[1], 0
    redis.call('HSET', head, 'epoch', epoch, 'offset', 0)
    redis.call('HDEL', head, 'began', 'previous_epoch', 'previous_offset')
    redis.call('DEL', log)
  end
  local is_complete, wanted = '', 1
  if since_epoch ~= '' then
    is_complete = '1'
    if since_epoch ~= epoch or since > offset then
      is_complete, since = '0', is_previous and since_epoch ~= epoch and tonumber(shared) or 0
    end
    wanted = offset - since
  end
  local entries = {}
  if wanted > 0 and wanted <= tonumber(ARGV[3]) then
    for n, entry in ipairs(redis.call('XREVRANGE', log, '+', '-', 'COUNT', wanted)) do
      entries[n] = entry[2][2]
    end
  end
  if since_epoch ~= '' and #entries < wanted then
    is_complete, entries = '0', {}
  end
  result[#result + 1] = {epoch, string.format('%d', offset), is_complete, entries}
end
return result
