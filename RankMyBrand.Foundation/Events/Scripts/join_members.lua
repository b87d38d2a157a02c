-- Counts the consumers that share a stream in a group; one that has not said for long that it is there is gone.
-- KEYS[1] the members, by the time at which they are gone
-- ARGV[1] the consumer, ARGV[2] for how long it is there, in milliseconds; 0 when it leaves
-- Returns how many there are.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if tonumber(ARGV[2]) > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return redis.call('ZCARD', KEYS[1])
