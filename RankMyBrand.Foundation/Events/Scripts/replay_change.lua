-- Changes the state of a replay.
-- KEYS[1] the stream's replays by their age, KEYS[2] the replay
-- ARGV[1] its id, ARGV[2] the new state, ARGV[3] the runner that it must be of, or '', ARGV[4] the error, or '',
-- ARGV[5] for how long an ended replay is remembered, in seconds
-- Returns {'OK'}, {'NONE'} when there is no such replay, {'NOT', its state} when that cannot change so, or {'BUSY', the replay that is
-- under way in the same group}.
local replay = redis.call('HMGET', KEYS[2], 'state', 'runner', 'group')
if not replay[1] then return {'NONE'} end
local running = replay[1] == 'running'
if ARGV[3] ~= '' and replay[2] ~= ARGV[3] then return {'NOT', 'taken'} end
if ARGV[2] == 'running' then
  if running or replay[1] == 'done' then return {'NOT', replay[1]} end
  local prefix = string.sub(KEYS[2], 1, #KEYS[2] - #ARGV[1])
  for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local known = redis.call('HMGET', prefix .. other, 'state', 'group')
    if known[1] == 'running' and known[2] == replay[3] then return {'BUSY', other} end
  end
  redis.call('PERSIST', KEYS[2])
else
  if not running then return {'NOT', replay[1]} end
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], 'state', ARGV[2], 'error', ARGV[4],
  'updated_at', time[1] .. string.format('%03d', math.floor(time[2] / 1000)))
redis.call('HDEL', KEYS[2], 'runner', 'taken_until')
return {'OK'}
