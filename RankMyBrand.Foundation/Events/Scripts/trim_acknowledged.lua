-- Trims a stream to its length and to its retention, but only of entries that every group has acknowledged.
-- KEYS[1] the stream
-- ARGV[1] the length to trim to, ARGV[2] the length that it may have,
-- ARGV[3] the age in milliseconds from which entries need not be kept; 0 for never
-- Returns the length afterwards. A stream without groups is left alone: nobody has acknowledged anything.
local length = redis.call('XLEN', KEYS[1])
local excess = length - tonumber(ARGV[1])
local age = tonumber(ARGV[3])
if length == 0 or (excess <= 0 and age == 0) then return length end

local function before(a, b)
  local ams, aseq = string.match(a, '^(%d+)-(%d+)$')
  local bms, bseq = string.match(b, '^(%d+)-(%d+)$')
  if #ams ~= #bms then return #ams < #bms end
  if ams ~= bms then return ams < bms end
  if #aseq ~= #bseq then return #aseq < #bseq end
  return aseq < bseq
end

local keep = nil
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local name, delivered
  for i = 1, #group, 2 do
    if group[i] == 'name' then name = group[i + 1] end
    if group[i] == 'last-delivered-id' then delivered = group[i + 1] end
  end
  local pending = redis.call('XPENDING', KEYS[1], name)
  -- MINID keeps the id itself: the oldest unacknowledged entry, or the last delivered one where nothing is pending.
  local oldest = pending[1] > 0 and pending[2] or delivered
  if keep == nil or before(oldest, keep) then keep = oldest end
end
if not keep then return length end

if excess > 0 then
  redis.call('XTRIM', KEYS[1], 'MINID', '~', keep, 'LIMIT', excess)
  -- That removes whole nodes of the stream's tree; a short stream has too few of them to make room.
  if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then redis.call('XTRIM', KEYS[1], 'MINID', keep) end
end
if age > 0 then
  local now = redis.call('TIME')
  local oldest = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) - age) .. '-0'
  if before(keep, oldest) then oldest = keep end
  redis.call('XTRIM', KEYS[1], 'MINID', '~', oldest, 'LIMIT', 0)
  redis.call('XTRIM', KEYS[1], 'MINID', oldest)
end
return redis.call('XLEN', KEYS[1])
