-- Takes from every limit of a check, or from none when one of them refuses. Time is the server's.
-- KEYS[i] the state of limit i. ARGV has eight values a limit:
--   1 algorithm: T token bucket, S sliding window, C concurrency
--   2 capacity: tokens in a full bucket, permits in a window, or slots
--   3 T: tokens that a window refills; S: segments of a window
--   4 window in milliseconds; C: how long a slot is held unless renewed
--   5 cost: refused when less is there
--   6 demand: taken as far as there (at least the cost)
--   7 spare: taken on top, but at most half of what is left after the demand, so that other instances find some too
--   8 C: the holder's id
-- Returns six numbers a limit: taken, -1 when refused; what is left; milliseconds to full; milliseconds until the cost may be there;
-- S: milliseconds that the segment still lasts; S: the segment's index.
local FIELDS = 8
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local number = function(n) return string.format('%.0f', n) end

local look, keep = {}, {}

-- A token is 'window' parts and a millisecond brings 'permits' parts: whole numbers, so nothing is ever rounded.
function look.T(limit)
  local full = limit.capacity * limit.window
  local parts = full
  local state = redis.call('GET', limit.key)
  if state then
    local had, at = string.match(state, '^(%d+) (%d+)$')
    parts = math.min(full, had + math.max(0, now - at) * limit.rate)
  end
  limit.full, limit.parts = full, parts
  limit.available = math.floor(parts / limit.window)
end

function keep.T(limit)
  limit.parts = limit.parts - limit.taken * limit.window
  limit.reset = math.ceil((limit.full - limit.parts) / limit.rate)
  limit.retry = math.ceil((math.max(1, limit.cost) * limit.window - limit.parts) / limit.rate)
  if limit.taken > 0 then
    redis.call('SET', limit.key, number(limit.parts) .. ' ' .. number(now), 'PX', number(limit.reset))
  end
end

-- counts[1] is the running segment. The one that began a window ago counts in full, so no span of a window ever sees more than capacity.
function look.S(limit)
  local segments = limit.rate
  local index = math.floor(now * segments / limit.window)
  local counts, used, shift, place = {}, 0, 0, 0
  local state = redis.call('GET', limit.key)
  if state then
    for value in string.gmatch(state, '%d+') do
      if place == 0 then
        shift = index - value
        if shift < 0 then index, shift = index - shift, 0 end
      elseif place + shift <= segments + 1 then
        counts[place + shift] = tonumber(value)
        used = used + value
      end
      place = place + 1
    end
  end
  limit.counts, limit.index = counts, index
  limit.available = math.max(0, limit.capacity - used)
end

function keep.S(limit)
  local segments, counts, freed = limit.rate, limit.counts, limit.available - limit.taken
  local function gone(place) return math.ceil((limit.index - place + segments + 2) * limit.window / segments) - now end
  counts[1] = (counts[1] or 0) + limit.taken
  limit.valid = math.ceil((limit.index + 1) * limit.window / segments) - now
  local written, last = { number(limit.index) }, 0
  for place = 1, segments + 1 do
    written[place + 1] = number(counts[place] or 0)
    if (counts[place] or 0) > 0 then
      last = place
      if not limit.reset then limit.reset = gone(place) end
    end
  end
  for place = last, 1, -1 do
    if freed >= math.max(1, limit.cost) then break end
    freed = freed + (counts[place] or 0)
    limit.retry = gone(place)
  end
  if limit.taken > 0 then
    redis.call('SET', limit.key, table.concat(written, ' ', 1, last + 1), 'PX', number(limit.reset))
  end
end

function look.C(limit)
  redis.call('ZREMRANGEBYSCORE', limit.key, '-inf', number(now))
  limit.available = math.max(0, limit.capacity - redis.call('ZCARD', limit.key))
end

function keep.C(limit)
  for slot = 1, limit.taken do
    redis.call('ZADD', limit.key, number(now + limit.window), limit.id .. ':' .. slot)
  end
  if limit.taken > 0 then redis.call('PEXPIRE', limit.key, number(limit.window)) end
end

local limits, refused = {}, false
for i = 1, #KEYS do
  local at = (i - 1) * FIELDS
  local limit = {
    key = KEYS[i], kind = ARGV[at + 1], capacity = tonumber(ARGV[at + 2]), rate = tonumber(ARGV[at + 3]), window = tonumber(ARGV[at + 4]),
    cost = tonumber(ARGV[at + 5]), demand = tonumber(ARGV[at + 6]), spare = tonumber(ARGV[at + 7]), id = ARGV[at + 8],
  }
  look[limit.kind](limit)
  limit.refused = limit.available < limit.cost
  refused = refused or limit.refused
  limits[i] = limit
end

local reply = {}
for i, limit in ipairs(limits) do
  limit.taken = 0
  if not refused then
    limit.taken = math.min(limit.available, limit.demand)
    limit.taken = limit.taken + math.min(limit.spare, math.floor((limit.available - limit.taken) / 2))
  end
  keep[limit.kind](limit)
  reply[#reply + 1] = limit.refused and -1 or limit.taken
  reply[#reply + 1] = limit.available - limit.taken
  reply[#reply + 1] = limit.reset or 0
  reply[#reply + 1] = math.max(0, limit.retry or 0)
  reply[#reply + 1] = limit.valid or 0
  reply[#reply + 1] = limit.index or 0
end
return reply
