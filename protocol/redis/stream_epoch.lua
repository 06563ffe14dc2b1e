-- A stream begins with the first publication of its channel. Until then the channel has an
-- initial epoch, which is stored nowhere: '-' and the number of the current period, half as
-- long as a head is kept. A head is kept for two periods after a publication, so a client that
-- got the initial epoch of this period or of the one before has missed no other stream.
local function current_period(head_ttl_s)
  return math.floor(redis.call('TIME')[1] * 2 / head_ttl_s)
end

-- Returns the epoch of a channel's stream; a stream without one starts with `new_epoch`, and
-- continues the initial epoch of the period `began`, if that is given.
--
-- Redis replicates asynchronously: when a replica of a Redis Cluster takes over, publications
-- may be missing there, and their offsets would be given to others. So another epoch starts
-- on another node. Its offsets continue, and what the replica has of the previous epoch, up
-- to `previous_offset`, still leads to it.
local function stream_epoch(head, new_epoch, is_cluster, began)
  local epoch, node = unpack(redis.call('HMGET', head, 'epoch', 'node'))
  local this_node = is_cluster and redis.call('CLUSTER', 'MYID')
  if not epoch then
    redis.call('HSET', head, 'epoch', new_epoch, 'offset', 0)
    if began then redis.call('HSET', head, 'began', began) end
    epoch = new_epoch
  elseif this_node and node and node ~= this_node then
    local offset, previous = unpack(redis.call('HMGET', head, 'offset', 'previous_epoch'))
    if previous then redis.call('HDEL', head, 'began') end
    redis.call('HSET', head, 'epoch', new_epoch, 'previous_epoch', epoch, 'previous_offset', offset)
    epoch = new_epoch
  end
  if this_node and node ~= this_node then redis.call('HSET', head, 'node', this_node) end
  return epoch
end
