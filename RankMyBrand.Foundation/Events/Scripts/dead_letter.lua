-- Moves an entry to the dead letters of its stream: the copy and the acknowledgement are one step.
-- KEYS[1] the stream, KEYS[2] its dead letters
-- ARGV[1] the group, ARGV[2] the entry's id, ARGV[3...] the fields and values of the dead letter
-- Returns the dead letter's id, or nil when the entry is not pending any more (another consumer has dealt with it).
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return nil end
return redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
