-- Appends the next entries of a replay and moves its cursor, in one step: whoever goes on knows exactly what has been sent.
-- KEYS[1] the replay, KEYS[2] the replay stream of the group
-- ARGV[1] the runner, ARGV[2] where the cursor stands, ARGV[3] where it goes, ARGV[4] the time of the last entry in milliseconds,
-- ARGV[5...] for each entry the number of its fields and values, then these
-- Returns how many were appended, or -1 when the replay is not this runner's, has been stopped, or is somewhere else.
local replay = redis.call('HMGET', KEYS[1], 'state', 'runner', 'cursor')
if replay[1] ~= 'running' or replay[2] ~= ARGV[1] or replay[3] ~= ARGV[2] then return -1 end
local at, count = 5, 0
while at <= #ARGV do
  local size = tonumber(ARGV[at])
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, at + 1, at + size))
  at = at + size + 1
  count = count + 1
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'cursor', ARGV[3], 'position', ARGV[4],
  'updated_at', time[1] .. string.format('%03d', math.floor(time[2] / 1000)))
redis.call('HINCRBY', KEYS[1], 'sent', count)
return count
