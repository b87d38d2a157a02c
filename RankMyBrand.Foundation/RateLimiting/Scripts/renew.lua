-- Keeps slots of concurrency limits. A slot that was lost meanwhile (a restart of Redis, a long pause of its holder) is entered again:
-- its holder still works, and the count has to tell so.
-- KEYS[i] the state of limit i. ARGV has three values a limit: the holder's id, its slots, for how many milliseconds
-- Returns the number of slots that had been lost.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local lost = 0
for i = 1, #KEYS do
  local id, slots, lease = ARGV[i * 3 - 2], tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  for slot = 1, slots do
    lost = lost + redis.call('ZADD', KEYS[i], string.format('%.0f', now + lease), id .. ':' .. slot)
  end
  -- With the last slot: others may be held for longer, by the rule that held before.
  local latest = redis.call('ZREVRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[i], latest[2])
end
return lost
