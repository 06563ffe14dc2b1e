-- Opens a conversation with its first message.
--
-- ARGV: the conversation's id, the message, its time, then names and values of fields.
redis.call('HSET', KEYS[1] .. 'conversation:' .. ARGV[1], unpack(ARGV, 4))
append_chat_message(ARGV[1], ARGV[2], ARGV[3])
