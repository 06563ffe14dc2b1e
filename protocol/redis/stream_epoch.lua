-- Returns the epoch of a channel's stream; a stream without one starts with `new_epoch`.
--
-- Redis replicates asynchronously: when a replica of a Redis Cluster takes over, publications
-- may be missing there, and their offsets would be given to others. So another epoch starts
-- on another node. Its offsets continue, and what the replica has of the previous epoch, up
-- to `previous_offset`, still leads to it.
local function stream_epoch(head, new_epoch, is_cluster)
  local epoch, node = unpack(redis.call('HMGET', head, 'epoch', 'node'))
  local this_node = is_cluster and redis.call('CLUSTER', 'MYID')
  if not epoch then
    redis.call('HSET', head, 'epoch', new_epoch, 'offset', 0)
    epoch = new_epoch
  elseif this_node and node and node ~= this_node then
    local offset = redis.call('HGET', head, 'offset')
    redis.call('HSET', head, 'epoch', new_epoch, 'previous_epoch', epoch, 'previous_offset', offset)
    epoch = new_epoch
  end
  if this_node and node ~= this_node then redis.call('HSET', head, 'node', this_node) end
  return epoch
end
