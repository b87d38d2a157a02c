-- Removes what no token can meet any more, by the clock of Redis, which all services share.
-- KEYS[1] the revoked tokens, KEYS[2] the subjects
-- ARGV[1] for how many seconds after its expiry a token is kept; ARGV[2] for how many a subject is, or -1 for ever
local now = tonumber(redis.call('TIME')[1])
for i = 1, 2 do
  local kept = tonumber(ARGV[i])
  if kept >= 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('(%.0f', now - kept))
  end
end
