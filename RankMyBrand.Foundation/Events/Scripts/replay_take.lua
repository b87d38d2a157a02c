-- Takes a replay for a runner, or keeps it, unless another one has it; and tells how much of it the group has yet to handle.
-- KEYS[1] the replay, KEYS[2] the replay stream of the group
-- ARGV[1] the runner, ARGV[2] for how long it takes the replay, in milliseconds, ARGV[3] the group
-- Returns {'running', how many entries the group has not acknowledged}, {'taken'}, or {the state} when it is not running.
local replay = redis.call('HMGET', KEYS[1], 'state', 'runner', 'taken_until')
if replay[1] ~= 'running' then return {replay[1] or 'gone'} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if replay[2] and replay[2] ~= ARGV[1] and tonumber(replay[3]) > now then return {'taken'} end
redis.call('HSET', KEYS[1], 'runner', ARGV[1], 'taken_until', string.format('%d', now + ARGV[2]))

local delivered
if redis.call('EXISTS', KEYS[2]) == 1 then
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
    local name, last
    for i = 1, #info, 2 do
      if info[i] == 'name' then name = info[i + 1] end
      if info[i] == 'last-delivered-id' then last = info[i + 1] end
    end
    if name == ARGV[3] then delivered = last end
  end
end
if not delivered then
  delivered = '0-0'
  redis.call('XGROUP', 'CREATE', KEYS[2], ARGV[3], '0', 'MKSTREAM')
end

-- What the group has acknowledged is needed no more. MINID keeps the id itself.
local pending = redis.call('XPENDING', KEYS[2], ARGV[3])
redis.call('XTRIM', KEYS[2], 'MINID', pending[1] > 0 and pending[2] or delivered)
local left = redis.call('XLEN', KEYS[2])
if pending[1] == 0 and #redis.call('XRANGE', KEYS[2], delivered, delivered) == 1 then left = left - 1 end
return {'running', left}
