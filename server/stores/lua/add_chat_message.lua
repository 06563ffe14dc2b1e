-- Adds a message to a conversation.
--
-- ARGV: the conversation's id, the message, its time, the agent who wrote it or an empty text.
-- Returns 1, or 0 if there is no such conversation.
local conversation = KEYS[1] .. 'conversation:' .. ARGV[1]
if redis.call('EXISTS', conversation) == 0 then
  return 0
end
append_chat_message(ARGV[1], ARGV[2], ARGV[3])
if ARGV[4] ~= '' then
  redis.call('HSETNX', conversation, 'agent_id', ARGV[4])
end
return 1
