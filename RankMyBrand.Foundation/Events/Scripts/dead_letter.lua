-- Moves an entry to the dead letters of its stream: the copy and the acknowledgement are one step.
-- KEYS[1] the stream, KEYS[2] its dead letters
-- ARGV[1] the group, ARGV[2] the entry's id, ARGV[3] how many dead letters there may be, ARGV[4] 'wait' to refuse the entry when there
-- are so many, or 'drop' to remove the oldest, ARGV[5] the consumer, ARGV[6] how many deliveries count at most while the entry is
-- refused, or '' to leave them as they are, ARGV[7...] the fields and values of the dead letter
-- Returns the dead letter's id, or nil when the entry is not pending any more (another consumer has dealt with it).
local max = tonumber(ARGV[3])
if ARGV[4] == 'wait' and redis.call('XLEN', KEYS[2]) >= max then
  local held = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)[1]
  if held then
    if ARGV[6] ~= '' and held[2] == ARGV[5] and held[4] > tonumber(ARGV[6]) then
      redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[5], 0, ARGV[2], 'IDLE', held[3], 'RETRYCOUNT', ARGV[6], 'JUSTID')
    end
    return redis.error_reply('FULL there are ' .. max .. ' dead letters in ' .. KEYS[2] .. ' already; replay or discard some')
  end
end
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return nil end
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 7))
if ARGV[4] == 'drop' then redis.call('XTRIM', KEYS[2], 'MAXLEN', max) end
return id
