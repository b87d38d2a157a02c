-- Adds an entry to the list of revocations and tells those who listen.
-- KEYS[1] the revoked tokens, KEYS[2] the subjects, KEYS[3] the number of changes
-- ARGV[1] 1 for a token, 2 for a subject; ARGV[2] the score, in Unix seconds; ARGV[3] the jti or sub; ARGV[4] the channel
-- The message has the states before and after, as state.lua tells them: who knew the one knows the other, without reading the list.
local function state()
  return (redis.call('GET', KEYS[3]) or '0') .. ':' .. redis.call('ZCARD', KEYS[1]) .. ':' .. redis.call('ZCARD', KEYS[2])
end
local before = state()
redis.call('ZADD', KEYS[tonumber(ARGV[1])], 'GT', ARGV[2], ARGV[3])
redis.call('INCR', KEYS[3])
redis.call('PUBLISH', ARGV[4], table.concat({ before, state(), ARGV[1], ARGV[2], ARGV[3] }, ' '))
