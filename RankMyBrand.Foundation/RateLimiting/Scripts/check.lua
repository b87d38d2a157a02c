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
-- Redis does nothing else meanwhile, so there are neither functions nor tables that the usual check, of one bucket, does not need.
local FIELDS = 8
local call, format = redis.call, string.format
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)

-- What is there: available[i], and state[i] for the second look.
local available, state, refused = {}, {}, false
for i = 1, #KEYS do
  local at = (i - 1) * FIELDS
  local kind, capacity, rate, window = ARGV[at + 1], ARGV[at + 2] + 0, ARGV[at + 3] + 0, ARGV[at + 4] + 0
  if kind == 'T' then
    -- A token is 'window' parts and a millisecond brings 'rate' parts: whole numbers, so nothing is ever rounded.
    local parts = capacity * window
    local kept = call('GET', KEYS[i])
    if kept then
      local had, when = string.match(kept, '^(%d+) (%d+)$')
      parts = min(parts, had + max(0, now - when) * rate)
    end
    state[i] = parts
    available[i] = floor(parts / window)
  elseif kind == 'S' then
    -- counts[1] is the running segment. The one that began a window ago counts in full, so no span of a window ever sees more than capacity.
    local index = floor(now * rate / window)
    local counts, used, shift, place = {}, 0, 0, 0
    for value in string.gmatch(call('GET', KEYS[i]) or '', '%d+') do
      if place == 0 then
        shift = index - value
        if shift < 0 then index, shift = index - shift, 0 end
      elseif place + shift <= rate + 1 then
        counts[place + shift] = tonumber(value)
        used = used + value
      end
      place = place + 1
    end
    counts.index = index
    state[i] = counts
    available[i] = max(0, capacity - used)
  else
    call('ZREMRANGEBYSCORE', KEYS[i], '-inf', format('%.0f', now))
    available[i] = max(0, capacity - call('ZCARD', KEYS[i]))
  end
  refused = refused or available[i] < ARGV[at + 5] + 0
end

-- What is taken, and what that leaves.
local reply
for i = 1, #KEYS do
  local at = (i - 1) * FIELDS
  local kind, capacity, rate, window, cost = ARGV[at + 1], ARGV[at + 2] + 0, ARGV[at + 3] + 0, ARGV[at + 4] + 0, ARGV[at + 5] + 0
  local left, taken, reset, retry, valid, index = available[i], 0, 0, 0, 0, 0
  if not refused then
    taken = min(left, ARGV[at + 6] + 0)
    taken = taken + min(ARGV[at + 7] + 0, floor((left - taken) / 2))
  end
  if kind == 'T' then
    local parts = state[i] - taken * window
    reset = ceil((capacity * window - parts) / rate)
    retry = ceil((max(1, cost) * window - parts) / rate)
    if taken > 0 then call('SET', KEYS[i], format('%.0f %.0f', parts, now), 'PX', format('%.0f', reset)) end
  elseif kind == 'S' then
    local counts = state[i]
    index = counts.index
    local function gone(place) return ceil((index - place + rate + 2) * window / rate) - now end
    counts[1] = (counts[1] or 0) + taken
    valid = ceil((index + 1) * window / rate) - now
    local written, last = { format('%.0f', index) }, 0
    for place = 1, rate + 1 do
      local count = counts[place] or 0
      written[place + 1] = format('%.0f', count)
      if count > 0 then
        last = place
        if reset == 0 then reset = gone(place) end
      end
    end
    local freed = left - taken
    for place = last, 1, -1 do
      if freed >= max(1, cost) then break end
      freed = freed + (counts[place] or 0)
      retry = gone(place)
    end
    if taken > 0 then call('SET', KEYS[i], table.concat(written, ' ', 1, last + 1), 'PX', format('%.0f', reset)) end
  elseif taken > 0 then
    for slot = 1, taken do
      call('ZADD', KEYS[i], format('%.0f', now + window), ARGV[at + 8] .. ':' .. slot)
    end
    call('PEXPIRE', KEYS[i], format('%.0f', window))
  end

  local answer = { left < cost and -1 or taken, left - taken, reset, max(0, retry), valid, index }
  if i == 1 then
    reply = answer
  else
    for _, value in ipairs(answer) do reply[#reply + 1] = value end
  end
end
return reply
