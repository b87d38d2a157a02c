-- Makes a consumer the owner of a stream or partition in its group, or prolongs that.
-- KEYS[1] the key that names the owner
-- ARGV[1] the consumer, ARGV[2] for how long, in milliseconds
-- Returns 2 when it has become the owner, 1 when it was the owner already, 0 when another one is.
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return owner and 1 or 2
