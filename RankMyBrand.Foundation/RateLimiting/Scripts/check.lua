-- Decides checks, one after the other: each takes from all of its limits, or from none when one of them refuses. Time is the server's.
-- KEYS[i] is the state of limit i, ARGV[i] says what is asked of it, as little-endian numbers (struct's '<BBdddddd') and text:
--   further   how many limits the check has after this one
--   kind      algorithm: T token bucket, S sliding window, C concurrency
--   capacity  tokens in a full bucket, permits in a window, or slots
--   rate      T: tokens that a window refills; S: segments of a window
--   window    in milliseconds; C: how long a slot is held unless renewed
--   cost      refused when less is there
--   demand    taken as far as there (at least the cost)
--   spare     taken on top, but at most half of what is left after the demand, so that other instances find some too
--   holder    C: the holder's id
-- Returns six numbers a limit ('<dddddd'): taken, -1 when refused; what is left; milliseconds to full; milliseconds until the cost may be
-- there; S: milliseconds that the segment still lasts; S: the segment's index.
-- Redis does nothing else meanwhile, so the usual check, of one bucket, makes neither functions nor tables of its own.
local call, format, pack, unpack = redis.call, string.format, struct.pack, struct.unpack
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local BUCKET, WINDOW = string.byte('TS', 1, 2)
local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)

local available, state, answers = {}, {}, {}
local first = 1
while first <= #KEYS do
  -- What is there: available[i], and state[i] for the second look.
  local last = first + string.byte(ARGV[first])
  local refused = false
  for i = first, last do
    local _, kind, capacity, rate, window, cost = unpack('<BBdddd', ARGV[i])
    if kind == BUCKET then
      -- A token is 'window' parts and a millisecond brings 'rate' parts: whole numbers, so nothing is ever rounded.
      local parts = capacity * window
      local kept = call('GET', KEYS[i])
      if kept then
        local had, when = unpack('<dd', kept)
        -- The clock has gone back: counted from when it was, a used-up bucket, of which nothing is taken, would stay empty until then.
        if when > now then call('SET', KEYS[i], pack('<dd', had, now), 'PXAT', now + max(1, ceil((parts - had) / rate))) end
        parts = min(parts, had + max(0, now - when) * rate)
      end
      state[i] = parts
      available[i] = floor(parts / window)
    elseif kind == WINDOW then
      -- counts[1] is the running segment. The one that began a window ago counts in full, so no span of a window sees more than capacity.
      local index = floor(now * rate / window)
      local counts, used, shift, place = {}, 0, 0, 0
      for value in string.gmatch(call('GET', KEYS[i]) or '', '%d+') do
        if place == 0 then
          shift = index - value
          -- The clock has gone back: counted from when it was, what was taken would stay so until then and a window longer.
          if shift < 0 then counts.moved, shift = true, 0 end
        elseif place + shift <= rate + 1 then
          counts[place + shift] = tonumber(value)
          used = used + value
        end
        place = place + 1
      end
      counts.index, counts.used = index, used
      state[i] = counts
      available[i] = max(0, capacity - used)
    else
      call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
      available[i] = max(0, capacity - call('ZCARD', KEYS[i]))
    end
    refused = refused or available[i] < cost
  end

  -- What is taken, and what that leaves.
  for i = first, last do
    local _, kind, capacity, rate, window, cost, demand, spare, holder = unpack('<BBdddddd', ARGV[i])
    local left, taken, reset, retry, valid, index = available[i], 0, 0, 0, 0, 0
    if not refused then
      taken = min(left, demand)
      taken = taken + min(spare, floor((left - taken) / 2))
    end
    if kind == BUCKET then
      local parts = state[i] - taken * window
      reset = ceil((capacity * window - parts) / rate)
      retry = ceil((max(1, cost) * window - parts) / rate)
      if taken > 0 then call('SET', KEYS[i], pack('<dd', parts, now), 'PXAT', now + reset) end
    elseif kind == WINDOW then
      local counts = state[i]
      index = counts.index
      local function gone(place) return ceil((index - place + rate + 2) * window / rate) - now end
      counts[1] = (counts[1] or 0) + taken
      valid = ceil((index + 1) * window / rate) - now
      local written, length = { format('%.0f', index) }, 0
      for place = 1, rate + 1 do
        local count = counts[place] or 0
        written[place + 1] = format('%.0f', count)
        if count > 0 then
          length = place
          if reset == 0 then reset = gone(place) end
        end
      end
      -- Below zero where the limit was lowered.
      local freed = capacity - counts.used - taken
      for place = length, 1, -1 do
        if freed >= max(1, cost) then break end
        freed = freed + (counts[place] or 0)
        retry = gone(place)
      end
      if taken > 0 or counts.moved then
        call('SET', KEYS[i], table.concat(written, ' ', 1, length + 1), 'PXAT', now + max(1, reset))
      end
    elseif taken > 0 then
      for slot = 1, taken do
        call('ZADD', KEYS[i], now + window, string.sub(ARGV[i], holder) .. ':' .. slot)
      end
      -- With the last slot: others may be held for longer, by the rule that held before.
      local latest = call('ZREVRANGE', KEYS[i], 0, 0, 'WITHSCORES')
      call('PEXPIREAT', KEYS[i], latest[2])
    end
    answers[i] = pack('<dddddd', left < cost and -1 or taken, left - taken, reset, max(0, retry), valid, index)
  end
  first = last + 1
end
return table.concat(answers)
