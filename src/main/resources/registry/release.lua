local id, owner = ARGV[1], ARGV[2]
if claim_of(id) == owner then
  redis.call('HDEL', claims, id)
end
local entry = entry_of(id)
if not entry or entry.content ~= owner then
  redis.call('UNLINK', content_key(owner))
end
return {'OK'}
