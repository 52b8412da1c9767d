local id, owner, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local holder, bytes = claim_of(id)
if holder ~= owner then
  return {'LOST'}
end
set_claim(id, owner, ttl, bytes)
redis.call('PEXPIRE', content_key(owner), ttl)
return {'OK'}
