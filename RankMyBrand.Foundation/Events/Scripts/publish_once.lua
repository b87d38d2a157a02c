-- Appends an event unless its deduplication key has been seen.
-- KEYS[1] the stream, KEYS[2] the deduplication key (same hash slot)
-- ARGV[1] the event's id, ARGV[2] how long to remember the key, in milliseconds, ARGV[3...] the fields and values of the entry
-- Returns {event id, entry id, 1 when it is a duplicate}.
local seen = redis.call('GET', KEYS[2])
if seen then
  local at = string.find(seen, ' ', 1, true)
  return {string.sub(seen, 1, at - 1), string.sub(seen, at + 1), 1}
end
local entry = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3))
redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. entry, 'PX', ARGV[2])
return {ARGV[1], entry, 0}
