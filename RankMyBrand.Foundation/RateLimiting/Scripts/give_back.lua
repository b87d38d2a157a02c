-- Returns tokens that were taken and not used. A bucket that is full again (its key is gone) needs none.
-- KEYS[1] the state; ARGV: 1 the limit as in check.lua, 2 how many come back, 3 S: the index of the segment that they were taken in
local state = redis.call('GET', KEYS[1])
if not state then return 0 end
local _, kind, capacity, _, window = struct.unpack('<BBddd', ARGV[1])
local amount = tonumber(ARGV[2])

if kind == string.byte('T') then
  local parts, when = struct.unpack('<dd', state)
  parts = parts + amount * window
  if parts >= capacity * window then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], struct.pack('<dd', parts, when), 'KEEPTTL')
  end
  return 1
end

local counts = {}
for value in string.gmatch(state, '%d+') do counts[#counts + 1] = value end
local place = counts[1] - ARGV[3] + 2
if place < 2 or not counts[place] then return 0 end
counts[place] = string.format('%.0f', math.max(0, counts[place] - amount))
redis.call('SET', KEYS[1], table.concat(counts, ' '), 'KEEPTTL')
return 1
