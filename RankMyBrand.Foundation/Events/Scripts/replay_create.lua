-- Begins a replay of a stream into one of its groups.
-- KEYS[1] the stream's replays by their age, KEYS[2] the new replay, KEYS[3] the stream, KEYS[4] the replay stream of the group
-- ARGV[1] the replay's id, ARGV[2] the group, ARGV[3] what is expected of the group: 'there', 'any' or 'new',
-- ARGV[4...] the fields and values of the replay
-- Returns {'NOGROUP'}, {'EXISTS'}, {'BUSY', the replay that is under way}, or {'OK'}.
local id, group, expected = ARGV[1], ARGV[2], ARGV[3]

local function has(key)
  if redis.call('EXISTS', key) == 0 then return false end
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    for i = 1, #info, 2 do
      if info[i] == 'name' and info[i + 1] == group then return true end
    end
  end
  return false
end

local exists = has(KEYS[3])
if expected == 'there' and not exists then return {'NOGROUP'} end
if expected == 'new' and exists then return {'EXISTS'} end

-- Two replays into one group would mix their orders. What ended long ago has expired and is forgotten here.
local prefix = string.sub(KEYS[2], 1, #KEYS[2] - #id)
for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local known = redis.call('HMGET', prefix .. other, 'state', 'group')
  if not known[1] then
    redis.call('ZREM', KEYS[1], other)
  elseif known[1] == 'running' and known[2] == group then
    return {'BUSY', other}
  end
end

-- A new group goes on from here; all that is older comes from the replay.
if not exists then redis.call('XGROUP', 'CREATE', KEYS[3], group, '$', 'MKSTREAM') end
if not has(KEYS[4]) then redis.call('XGROUP', 'CREATE', KEYS[4], group, '0', 'MKSTREAM') end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- What there is now ends with this millisecond; with a minute more for a new group, for publishers whose clocks are ahead.
local to = string.format('%d', now + (exists and 1 or 60000))
now = string.format('%d', now)
redis.call('HSET', KEYS[2], 'state', 'running', 'to', to, 'created_at', now, 'updated_at', now, 'sent', 0, 'cursor', '',
  'is_new_group', exists and 0 or 1, unpack(ARGV, 4))
redis.call('ZADD', KEYS[1], now, id)
return {'OK'}
