-- Returns tokens that were taken and not used. A bucket that is full again (its key is gone) needs none.
-- KEYS[1] the state; ARGV as in check.lua: 1 algorithm, 2 capacity, 3 tokens a window or segments, 4 window,
-- then 5 how many come back, 6 S: the index of the segment that they were taken in
local state = redis.call('GET', KEYS[1])
if not state then return 0 end
local amount = tonumber(ARGV[5])
local number = function(n) return string.format('%.0f', n) end

if ARGV[1] == 'T' then
  local window = tonumber(ARGV[4])
  local full = ARGV[2] * window
  local parts, at = string.match(state, '^(%d+) (%d+)$')
  parts = parts + amount * window
  if parts >= full then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], number(parts) .. ' ' .. at, 'KEEPTTL')
  end
  return 1
end

local counts = {}
for value in string.gmatch(state, '%d+') do counts[#counts + 1] = value end
local place = counts[1] - ARGV[6] + 2
if place < 2 or not counts[place] then return 0 end
counts[place] = number(math.max(0, counts[place] - amount))
redis.call('SET', KEYS[1], table.concat(counts, ' '), 'KEEPTTL')
return 1
