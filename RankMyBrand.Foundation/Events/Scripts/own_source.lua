-- Makes a consumer the owner of a stream or partition in its group, or prolongs that.
-- KEYS[1] the key that names the owner
-- ARGV[1] the consumer, ARGV[2] for how long, in milliseconds, ARGV[3] 1 when it may become the owner, 0 when it may only stay it
-- Returns 2 when it has become the owner, 1 when it was the owner already, 0 when it is not.
local owner = redis.call('GET', KEYS[1])
if owner ~= ARGV[1] and (owner or ARGV[3] == '0') then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return owner and 1 or 2
