-- Gives dead letters back to the group that they are of: appended to its replay stream, where no other group sees them, and removed,
-- in one step.
-- KEYS[1] the stream, KEYS[2] its dead letters, KEYS[3] the replay stream of the group
-- ARGV[1] the group, ARGV[2] the name of the field for the id of the original entry, ARGV[3...] the ids of the dead letters
-- Returns {replayed, missing, refused}; refused are those that are not the group's, or all when the stream has no such group.
local group, origin = ARGV[1], ARGV[2]

local function state(key)
  if redis.call('EXISTS', key) == 0 then return nil end
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local name, delivered
    for i = 1, #info, 2 do
      if info[i] == 'name' then name = info[i + 1] end
      if info[i] == 'last-delivered-id' then delivered = info[i + 1] end
    end
    if name == group then return delivered end
  end
end

if not state(KEYS[1]) then return {0, 0, #ARGV - 2} end
if not state(KEYS[3]) then redis.call('XGROUP', 'CREATE', KEYS[3], group, '0', 'MKSTREAM') end

-- What the group has acknowledged is needed no more.
local pending = redis.call('XPENDING', KEYS[3], group)
redis.call('XTRIM', KEYS[3], 'MINID', pending[1] > 0 and pending[2] or state(KEYS[3]))

local replayed, missing, refused = 0, 0, 0
for i = 3, #ARGV do
  local found = redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i])
  if #found == 0 then
    missing = missing + 1
  else
    -- The story of the failure takes eight fields; the entry follows as it was.
    local fields = found[1][2]
    if fields[1] == 'group' and fields[2] == group and fields[3] == 'entry_id' then
      local entry = {}
      for k = 17, #fields, 2 do
        if fields[k] ~= origin then
          entry[#entry + 1] = fields[k]
          entry[#entry + 1] = fields[k + 1]
        end
      end
      entry[#entry + 1] = origin
      entry[#entry + 1] = fields[4]
      redis.call('XADD', KEYS[3], '*', unpack(entry))
      redis.call('XDEL', KEYS[2], ARGV[i])
      replayed = replayed + 1
    else
      refused = refused + 1
    end
  end
end
return {replayed, missing, refused}
