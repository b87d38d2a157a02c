-- Tells which state the list of revocations is in: as long as it is the same, nothing has been added.
-- KEYS[1] the revoked tokens, KEYS[2] the subjects, KEYS[3] the number of changes
-- Returns changes:tokens:subjects. The sizes show what was added with ZADD alone, without counting it as a change.
return (redis.call('GET', KEYS[3]) or '0') .. ':' .. redis.call('ZCARD', KEYS[1]) .. ':' .. redis.call('ZCARD', KEYS[2])
