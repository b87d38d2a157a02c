-- Appends events in their order, but not those whose deduplication key has been seen.
-- KEYS[1] the stream, KEYS[i + 1] the deduplication key of event i (same hash slot); the stream's own key for an event without one
-- ARGV[1] how long to remember a key, in milliseconds; ARGV[2] 1 to write for an event that was seen too; then for each event the number of its fields and values, and these;
-- the first field is the event's id
-- Returns for each event the id of its entry; for one that was seen, the first event's id, a blank, and the id of that entry.
local replies = {}
local at = 3
for i = 2, #KEYS do
  local last = at + ARGV[at]
  local key = KEYS[i]
  local seen = key ~= KEYS[1] and redis.call('GET', key)
  if seen then
    if ARGV[2] == '1' then redis.call('SET', key, seen, 'KEEPTTL') end
    replies[i - 1] = seen
  else
    local entry = redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, last))
    if key ~= KEYS[1] then redis.call('SET', key, ARGV[at + 2] .. ' ' .. entry, 'PX', ARGV[1]) end
    replies[i - 1] = entry
  end
  at = last + 1
end
return replies
