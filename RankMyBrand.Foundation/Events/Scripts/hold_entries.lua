-- Sets how long entries have been idle and how often they count as delivered, but only of those that the consumer still holds: what
-- another one has taken over is left to it.
-- KEYS[1] the stream
-- ARGV[1] the group, ARGV[2] the consumer, ARGV[3] the idle time in milliseconds, ARGV[4] the deliveries, or '' to leave them as they
-- are, ARGV[5...] the ids of the entries
-- Returns the ids of those that it does not hold any more.
local claim, lost = {'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0}, {}
for i = 5, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
    claim[#claim + 1] = ARGV[i]
  else
    lost[#lost + 1] = ARGV[i]
  end
end
if #claim == 5 then return lost end
claim[#claim + 1] = 'IDLE'
claim[#claim + 1] = ARGV[3]
if ARGV[4] ~= '' then
  claim[#claim + 1] = 'RETRYCOUNT'
  claim[#claim + 1] = ARGV[4]
end
claim[#claim + 1] = 'JUSTID'
redis.call(unpack(claim))
return lost
