-- Gives up the ownership of a stream or partition; that of another consumer is left alone.
-- KEYS[1] the key that names the owner, ARGV[1] the consumer
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
